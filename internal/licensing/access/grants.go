package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

var (
	errUnknownGrant = errs.New(errs.NotFound, "access.role_unknown")
	errRevoked      = errs.New(errs.Conflict, "access.role_revoked")
)

// change is how a role row appears in the audit log: the address stays out of it, the row's id leads to it.
type change struct {
	Role   Role       `json:"role"`
	Part   string     `json:"part,omitempty"`
	Source Source     `json:"source"`
	Ref    string     `json:"ref,omitempty"`
	From   time.Time  `json:"from"`
	Until  *time.Time `json:"until,omitempty"`
}

func (g Grant) change() change {
	c := change{Role: g.Role, Part: g.Part, Source: g.Source, Ref: g.SourceRef, From: g.From}
	if !g.Until.IsZero() {
		c.Until = &g.Until
	}
	return c
}

// Assign gives a role on a Licensing ID to an address and returns the role row's id. Whoever verifies the address holds
// the role, now or later. Errors: those of Gate.On for ManageUsers; Invalid "access.assignment" with its fields;
// Conflict "access.role_held" when the address holds the role in part of that time already.
func (s *Service) Assign(ctx context.Context, actor audit.Actor, a Assignment) (ids.ID, error) {
	var id ids.ID
	err := s.Write(ctx, actor, func(tx *db.Tx, g *Gate) error {
		if err := g.On(ManageUsers, a.Licensing); err != nil {
			return err
		}
		grant, err := a.grant(tx.Now())
		if err != nil {
			return err
		}
		grant.SourceRef = string(actor.ID)
		if err := lockRoles(tx, g, a.Licensing); err != nil {
			return err
		}
		taken, err := overlaps(tx, grant)
		if err != nil {
			return err
		}
		if taken {
			return errs.New(errs.Conflict, "access.role_held", errs.Params{"role": string(grant.Role)})
		}
		id, err = insert(tx, grant)
		if err != nil {
			return err
		}
		tx.SetResult(string(id))
		grant.ID = id
		if err := s.tell(tx, g.Actor(), grant.Address, []RoleChange{{Licensing: a.Licensing, Given: []Grant{grant}}}); err != nil {
			return err
		}
		return audit.Record(tx, g.Actor(), audit.Event{Action: "roles.assigned", Object: roles.Wire(id), LicensingID: a.Licensing, After: grant.change()})
	})
	return id, err
}

// lockRoles bumps the roles of a Licensing ID and decides again on what it then finds: an Administrator whose role
// another took away meanwhile changes nothing any more.
func lockRoles(tx *db.Tx, g *Gate, licensing ids.ID) error {
	if err := bumpRoles(tx, licensing); err != nil {
		return err
	}
	return g.On(ManageUsers, licensing)
}

// grant checks an assignment made at the instant now. Limited is not the Administrator's to give.
func (a Assignment) grant(now time.Time) (Grant, error) {
	g := Grant{Licensing: a.Licensing, Role: a.Role, Part: a.Part, Source: Assigned, From: a.From, Until: a.Until, GrantedAt: now}
	if g.From.IsZero() {
		g.From = now
	}
	invalid := errs.New(errs.Invalid, "access.assignment")
	var err error
	if g.Address, err = NormalizeAddress(a.Address); err != nil {
		invalid = invalid.With(errs.Field{Pointer: "email", Code: errs.CodeOf(err)})
	}
	if !a.Role.Valid() || a.Role == Limited {
		invalid = invalid.With(errs.Field{Pointer: "role", Code: "access.role"})
	}
	if a.Part != "" && !slices.Contains(a.Role.Parts(), a.Part) {
		invalid = invalid.With(errs.Field{Pointer: "part", Code: "access.part"})
	}
	if !g.Until.IsZero() && (!g.Until.After(g.From) || !g.Until.After(now)) {
		invalid = invalid.With(errs.Field{Pointer: "until", Code: "access.until"})
	}
	if len(invalid.Fields) > 0 {
		return Grant{}, invalid
	}
	return g, nil
}

// GrantFromContactTx gives an address the roles of a contact when it is first named as one, and reports whether that
// gave anything. It happens once for an address, a Licensing ID and a type of contact: naming it again gives nothing
// back that was taken away meanwhile. The caller decides access. Errors: Invalid "access.address"; internal for a role
// that does not exist.
func (s *Service) GrantFromContactTx(tx *db.Tx, actor audit.Actor, c ContactGrant) (granted bool, err error) {
	address, err := NormalizeAddress(c.Address)
	if err != nil {
		return false, err
	}
	if len(c.Roles) == 0 {
		return false, nil
	}
	n, err := tx.Exec("INSERT INTO contact_grants (licensing_id, address, ref, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT (licensing_id, address, ref) DO NOTHING",
		c.Licensing, address, c.Ref, tx.Now())
	if err != nil || n == 0 {
		return false, err
	}
	if err := bumpRoles(tx, c.Licensing); err != nil {
		return false, err
	}
	var events []audit.Event
	for _, role := range c.Roles {
		if !role.Valid() {
			return false, fmt.Errorf("a contact cannot give the role %q", role)
		}
		grant := Grant{Licensing: c.Licensing, Address: address, Role: role, Source: Contact, SourceRef: c.Ref, From: tx.Now(), GrantedAt: tx.Now()}
		held, err := holdsForGood(tx, grant)
		if err != nil {
			return false, err
		}
		if held { // by an earlier contact or an Administrator; a second row would outlive the first one's removal
			continue
		}
		id, err := insert(tx, grant)
		if err != nil {
			return false, err
		}
		events = append(events, audit.Event{Action: "roles.assigned", Object: roles.Wire(id), LicensingID: c.Licensing, After: grant.change()})
	}
	if len(events) == 0 {
		return false, nil
	}
	return true, audit.Record(tx, actor, events...)
}
