package store

// House is the id of the row of merchants that owns what is the hub's own, such as operators' endpoints. No merchant
// has it, no list of merchants shows it, and nobody can sign in as it. It is there as soon as something needs it.
const House = 0
