"""What several benches share: reports, crowds of clients, counted trips, peers."""
