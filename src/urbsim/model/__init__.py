"""What the equations say: read a model file, put in a place's numbers, lower it to plain algebra."""
