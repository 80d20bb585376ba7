package access

import "strings"

// ways are those in which a Licensing ID l stands below the agreement that names a contact n: by its parent, by its own master
// agreement, by that of its parent.
func ways() []string {
	return []string{
		"JOIN licensing_ids l ON l.parent_id = n.subject_id",
		"JOIN licensing_ids l ON l.master_id = n.subject_id",
		"JOIN agreements p ON p.master_id = n.subject_id JOIN licensing_ids l ON l.parent_id = p.id AND l.master_id IS NULL",
	}
}

// inherited returns the roles r that contacts n of parent and master agreements hold on the Licensing IDs l below, as parts of a UNION:
// Licensing Info Viewer and, unless the contact has declined it, Administrator (ADM-20). They are joined when a decision is taken, so that
// a new Licensing ID is covered at once.
func inherited(columns, join, where string) string {
	var parts []string
	for _, way := range ways() {
		parts = append(parts, "SELECT "+columns+" FROM named_contacts n "+way+" "+join+
			" CROSS JOIN (SELECT 'licensing_info_viewer' AS role UNION ALL SELECT 'administrator') r WHERE n.ended_at IS NULL AND (n.declined_at IS NULL OR r.role <> 'administrator') AND "+where)
	}
	return strings.Join(parts, " UNION ")
}

// owned joins the verified addresses a of the user $1 to contacts n.
const owned = "JOIN user_addresses a ON a.address = n.address AND a.user_id = $1 AND a.verified_at IS NOT NULL"

// inheritedColumns are grantColumns of an inherited role, and the number of the agreement that it comes from.
const inheritedColumns = "n.id, l.id AS licensing_id, n.address, r.role, '' AS part, 'inherited' AS source, n.type AS source_ref, n.named_at AS valid_from, " +
	"CAST(NULL AS BIGINT) AS valid_until, n.named_at AS granted_at, b.number AS above"

// from joins the agreement b that names the contact n.
const from = "JOIN agreements b ON b.id = n.subject_id"
