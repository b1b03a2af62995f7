"""What each way of training costs: upstream's and ours, in turns on the same modules."""
