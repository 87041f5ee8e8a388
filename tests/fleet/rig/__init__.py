"""A fleet of real sshd on loopback, and the baton binary against it."""
