"""What an overview is made of: periods against periods, lights, and who needs attention."""
