listen plantiles;
listen plan_published
