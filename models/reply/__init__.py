"""What a model server sends back, in whichever of the usual ways it does.

Lives here: the parts of a message, thinking told apart from the answer, a streamed answer.
Offers: `Parts`, `ThinkingFilter`, `AnswerStream`. Must never know: settings, how it was asked.
"""
