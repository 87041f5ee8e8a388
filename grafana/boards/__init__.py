"""What the dashboards say, a file each; `parts` is what they are made of."""
