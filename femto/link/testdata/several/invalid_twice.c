int factor = 4;
