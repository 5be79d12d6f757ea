"""One file = one step of the tables' history, which only goes forward."""
