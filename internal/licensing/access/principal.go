package access

import (
	"errors"
	"slices"
	"strings"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// principal is what the database says about the actor at this instant.
type principal struct {
	trusted bool // the installation itself, or one of its jobs
	staff   Staff
	viewing bool // somebody else sees what the actor sees
	token   bool
	scopes  []Action // of the API token
}

// may reports whether the actor may do action by right of being staff, without any role.
func (p *principal) may(action Action) bool {
	return p.trusted || p.staff.May(action)
}

// scoped reports whether the actor's token, if it came with one, covers action.
func (p *principal) scoped(action Action) bool {
	return !p.token || slices.Contains(p.scopes, Everything) || slices.Contains(p.scopes, action)
}

// enter is the start of every decision but Public: somebody must be there, and the token must cover the action. It
// answers alike for every Licensing ID.
func (g *Gate) enter(action Action, licensing ids.ID) (*principal, error) {
	if g.who == nil {
		who, err := g.lookUp()
		if err != nil {
			return nil, err
		}
		g.who = who
	}
	switch {
	case g.who == nil:
		return nil, g.refuse(action, licensing, errSignIn)
	case g.who.viewing && g.tx.Writes():
		return nil, g.refuse(action, licensing, errViewing)
	case !g.who.scoped(action):
		return nil, g.refuse(action, "", tokenScope(action))
	}
	return g.who, nil
}

// lookUp returns nil when the actor is nobody: anonymous, a machine, a user who is gone, a session that was ended, a token that no
// longer holds.
func (g *Gate) lookUp() (*principal, error) {
	switch g.actor.Kind {
	case audit.System, audit.Job:
		return &principal{trusted: true}, nil
	case audit.User:
	default:
		return nil, nil
	}
	if g.actor.By != "" {
		return g.lookUpViewed()
	}
	p := &principal{}
	var staff string
	err := g.tx.Row(`SELECT u.staff FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL AND (CAST($2 AS TEXT) IS NULL
		OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = $2 AND s.user_id = u.id AND s.ended_at IS NULL))`, g.actor.ID, g.actor.Session).Scan(&staff)
	if errors.Is(err, db.ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.staff = Staff(staff)
	if g.actor.Token == "" {
		return p, nil
	}
	p.token = true
	var scopes string
	err = g.tx.Row("SELECT scopes FROM api_tokens WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3",
		g.actor.Token, g.actor.ID, g.tx.Now()).Scan(&scopes)
	if errors.Is(err, db.ErrNoRow) {
		return nil, nil
	}
	for s := range strings.FieldsSeq(scopes) {
		p.scopes = append(p.scopes, Action(s))
	}
	return p, err
}

// lookUpViewed is lookUp for a person through whose eyes a member of staff looks: as long as both are there and the session says so.
func (g *Gate) lookUpViewed() (*principal, error) {
	var kind string
	err := g.tx.Row(`SELECT b.staff FROM sessions s JOIN users b ON b.id = s.user_id JOIN users u ON u.id = s.viewing_id
		WHERE s.id = $1 AND s.user_id = $2 AND s.viewing_id = $3 AND s.viewing_until > $4 AND s.ended_at IS NULL
		AND b.disabled_at IS NULL AND u.disabled_at IS NULL AND u.staff = ''`, g.actor.Session, g.actor.By, g.actor.ID, g.tx.Now()).Scan(&kind)
	if errors.Is(err, db.ErrNoRow) {
		return nil, nil
	}
	if err != nil || !Staff(kind).May(ViewAs) {
		return nil, err
	}
	return &principal{viewing: true}, nil
}

// held joins the role rows g that count for the user $1 at the instant $2 by one of the user's verified addresses a.
const held = " FROM role_grants g JOIN user_addresses a ON a.address = g.address" + heldNow

const heldNow = `
	WHERE a.user_id = $1 AND a.verified_at IS NOT NULL AND g.revoked_at IS NULL AND g.valid_from <= $2
	AND (g.valid_until IS NULL OR g.valid_until > $2)`

// rolesOn returns the roles that the actor holds now on a Licensing ID. It asks for none too: an answer that comes sooner would tell
// that there is no such Licensing ID.
func (g *Gate) rolesOn(licensing ids.ID) ([]Role, error) {
	if g.actor.Kind != audit.User {
		return nil, nil
	}
	var roles []Role
	err := g.tx.Each("SELECT g.role"+held+" AND g.licensing_id = $3 UNION "+inherited("r.role", owned, "l.id = $3"),
		[]any{g.actor.ID, g.tx.Now(), licensing}, func(scan func(...any) error) error {
			var r string
			err := scan(&r)
			roles = append(roles, Role(r))
			return err
		})
	return roles, err
}

// heldOn returns the Licensing IDs on which the actor holds one of the roles now.
func (g *Gate) heldOn(roles []Role) ([]ids.ID, error) {
	return g.licensings("SELECT g.licensing_id AS id"+held+" AND g.role IN "+g.tx.In("$3")+" UNION "+inherited("l.id", owned, "r.role IN "+g.tx.In("$3"))+" ORDER BY id",
		g.actor.ID, g.tx.Now(), db.List(roles))
}

// ownedBy returns the Licensing IDs of an organization.
func (g *Gate) ownedBy(organization ids.ID) ([]ids.ID, error) {
	return g.licensings("SELECT id FROM licensing_ids WHERE organization_id = $1 ORDER BY id", organization)
}

func (g *Gate) licensings(query string, args ...any) ([]ids.ID, error) {
	var all []ids.ID
	err := g.tx.Each(query, args, func(scan func(...any) error) error {
		var id ids.ID
		err := scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}
