"""Every error that Keepsake raises on purpose.

KeepsakeError                  carries user_message: what happened and what to do
├── ConfigError                a setting is missing or wrong
│   └── NotConfigured          no Supabase project is named at all
├── InputError                 what the person gave cannot be taken as it is
├── FairUseReached             one account uses as much as it may; says when it goes on
├── AuthError                  accounts and sessions
│   ├── InvalidCredentials     wrong password or unknown address, told apart by nobody
│   ├── EmailTaken
│   ├── EmailInvalid
│   ├── EmailNotConfirmed
│   ├── WeakPassword
│   ├── InvalidCode            a mailed code that is wrong, used or expired
│   ├── InvalidFactorCode      a code of the second factor, or for when it is lost
│   ├── PasskeyRefused         a passkey that was not shown, or for another page, or unknown
│   ├── SecondFactorNeeded     the first factor was right, and is not enough
│   ├── TooManyAttempts
│   ├── SessionExpired         sign in again
│   ├── AuthMisconfigured      a setting of the Supabase project stands in the way of everybody
│   │   └── MailNotSent        a code could not be mailed
│   └── AuthUnavailable        the Auth server does not answer
├── DatabaseError              the database answered with an error
│   ├── DatabaseUnavailable    it does not answer
│   │   └── DatabaseRefused    it does not let us in: a setting is wrong
│   ├── DatabaseConflict       something else was changing the same rows
│   ├── AccessDenied           a policy or a missing right refused
│   ├── Unbound                personal data asked for without a person; a fault of ours
│   ├── NotMigrated            the structure is older than this program
│   ├── MigrationFailed        the structure cannot be changed as it is
│   └── Unprotected            the policies do not bind us; the app must not run
├── ModelError                 chat model, memory model or embedding model
│   ├── ModelRefused           401, 403, unknown model: a setting is wrong
│   │   ├── ModelCreditUsedUp  402, 429 for lack of credit
│   │   ├── ModelFiltered      a content filter, or the model itself, says no
│   │   ├── ModelInputTooLong  more than the model's context holds
│   │   └── ModelRefusedUnclearly  for a reason that its words do not tell
│   ├── ModelBusy              429 after the retries
│   ├── ModelUnavailable       no connection, 5xx, time-out
│   └── ModelAnswerInvalid     empty, cut off, or not what was asked for
│       └── ModelAnswerCutOff  ended at the model's limit of tokens
└── MemoryFailed               long-term memory
    ├── MemoryNotFound         no such memory of this person
    ├── DimensionMismatch      the collection holds vectors of another embedding model
    ├── NotOnPlatform          mem0's platform, where it keeps the memories, cannot do this
    ├── PlatformUnavailable    mem0's platform does not answer
    │   └── PlatformRefused    it does not let us in: a setting is wrong, or a quota used up
    └── ForeignMemory          mem0's platform answered with what is not this person's
"""

from __future__ import annotations


class KeepsakeError(Exception):
    """Base of all errors; `user_message` is a sentence for the person, without secrets."""

    default = "Something went wrong. Please try again."

    def __init__(self, user_message: str | None = None) -> None:
        self.user_message = user_message or self.default
        super().__init__(self.user_message)


class ConfigError(KeepsakeError):
    """A setting is missing or wrong."""


class NotConfigured(ConfigError):
    default = "Keepsake is not connected to a Supabase project yet."


class InputError(KeepsakeError):
    """What the person gave cannot be taken as it is."""


class FairUseReached(KeepsakeError):
    default = "This account uses as much as it may right now. Please try again later."


class AuthError(KeepsakeError):
    default = "That did not work. Please try again."


class InvalidCredentials(AuthError):
    default = "The email or the password is not right."


class EmailTaken(AuthError):
    default = "There is already an account with this email. Sign in instead."


class EmailInvalid(AuthError):
    default = "This does not look like an email address."


class EmailNotConfirmed(AuthError):
    default = "Please confirm your email first: enter the code that was mailed to you."


class WeakPassword(AuthError):
    default = "This password is too weak. Use at least 8 characters."


class InvalidCode(AuthError):
    default = "This code is wrong or has expired. Ask for a new one."


class InvalidFactorCode(AuthError):
    default = "This code is not right, or was used already. Wait for the next one in your app."


class PasskeyRefused(AuthError):
    default = "That passkey did not work. Please try again, or sign in another way."


class SecondFactorNeeded(AuthError):
    default = "This account has a second factor: enter the code from your app as well."


class TooManyAttempts(AuthError):
    default = "Too many attempts. Please wait a few minutes and try again."


class SessionExpired(AuthError):
    default = "You have been signed out. Please sign in again."


class AuthMisconfigured(AuthError):
    default = (
        "A setting of the Supabase project stands in the way. Please tell whoever runs this place."
    )


class MailNotSent(AuthMisconfigured):
    default = (
        "The mail could not be sent. Please tell whoever runs this place: the Supabase project's"
        " mail settings (SMTP) need a look."
    )


class AuthUnavailable(AuthError):
    default = "The sign-in service does not answer right now. Please try again in a moment."


class DatabaseError(KeepsakeError):
    default = "The database could not do that. Please try again."


class DatabaseUnavailable(DatabaseError):
    default = "The database does not answer right now. Please try again in a moment."


class DatabaseRefused(DatabaseUnavailable):
    default = "The database does not let Keepsake in. Check the parts of DATABASE_URL."


class DatabaseConflict(DatabaseError):
    default = "Something else was changing the same data. Please try again."


class AccessDenied(DatabaseError):
    default = "This does not belong to your account."


class Unbound(DatabaseError):
    default = "This needs a signed-in person."


class NotMigrated(DatabaseError):
    default = "The database structure is not up to date. Run: make migrate"


class MigrationFailed(DatabaseError):
    default = "The database structure could not be brought up to date. Nothing was changed."


class Unprotected(DatabaseError):
    default = "The database does not enforce row level security for this program."


class ModelError(KeepsakeError):
    default = "The model could not answer. Please try again."


class ModelRefused(ModelError):
    default = "The model server refused the request. Check OPENAI_API_KEY and the model's name."


class ModelCreditUsedUp(ModelRefused):
    default = (
        "The credit or quota of the model server's account is used up. "
        "Whoever runs Keepsake has to top it up."
    )


class ModelFiltered(ModelRefused):
    default = "The model provider's content filter stopped this."


class ModelInputTooLong(ModelRefused):
    default = (
        "This is too long for the model, even without the earlier messages. "
        "Shorten the message or its files, or begin a new chat."
    )


class ModelRefusedUnclearly(ModelRefused):
    default = "The model server refused the request."


class ModelBusy(ModelError):
    default = "The model server is busy (too many requests). Please try again in a moment."


class ModelUnavailable(ModelError):
    default = "The model server does not answer right now. Please try again in a moment."


class ModelAnswerInvalid(ModelError):
    default = "The model sent an answer that cannot be used. Please try again."


class ModelAnswerCutOff(ModelAnswerInvalid):
    default = "The answer was cut off at the model's limit."


class MemoryFailed(KeepsakeError):
    default = "Memory does not work right now. Please try again in a moment."


class MemoryNotFound(MemoryFailed):
    default = "There is no such memory (any more)."


class DimensionMismatch(MemoryFailed):
    default = "The stored memories were made with another embedding model."


class NotOnPlatform(MemoryFailed):
    default = "Memories are kept by mem0's platform here, which cannot do this."


class PlatformUnavailable(MemoryFailed):
    default = "mem0's platform, which keeps the memories here, does not answer. Please try again."


class PlatformRefused(PlatformUnavailable):
    default = (
        "mem0's platform refused the request. Whoever runs Keepsake has to look at MEM0_API_KEY and"
        " at the quota there."
    )


class ForeignMemory(MemoryFailed):
    default = (
        "mem0's platform answered with something that is not yours. Nothing of it is shown, and "
        "the list of activity on your Account page says so."
    )
