package store

// OpenPurchase is true of a purchase p that waits for a person.
const OpenPurchase = `p.state IN ('waiting', 'taken')`

// OverduePurchases selects the attempts that wait for too long; $1 is now, $2 how far back patience reaches. What waits
// is found by the indexes of what is open, parked and due, not by reading attempts. What is settled may be among them.
const OverduePurchases = `SELECT p.id FROM purchases p WHERE ` + OpenPurchase + `
			AND (p.deliver_by <= $1 OR (p.deliver_by IS NULL AND p.created_at <= $2))
			UNION ALL SELECT a.id FROM attempts a WHERE a.status = 'parked' AND a.submitted_at <= $2
			UNION ALL SELECT a.id FROM attempts a WHERE a.settled_at IS NULL AND a.next_check_at IS NOT NULL
			AND a.status = 'unknown' AND a.submitted_at <= $2`
