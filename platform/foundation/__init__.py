"""What every room stands on: database, money, time, errors, states. It knows nothing of the domain."""
