listen plantiles
