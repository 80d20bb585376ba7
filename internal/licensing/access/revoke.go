package access

import (
	"context"
	"errors"
	"slices"

	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Revoke takes a role row away; it counts no longer from this instant. Errors: those of Gate.On for ManageUsers; NotFound
// "access.role_unknown" when there is no such row or none that the actor may know of; Conflict "access.role_revoked",
// "access.inactive", "access.contact_views", "access.last_administrator".
func (s *Service) Revoke(ctx context.Context, actor audit.Actor, role ids.ID) error {
	return s.Write(ctx, actor, func(tx *db.Tx, g *Gate) error {
		grant, err := find(tx, role)
		if err != nil && !errors.Is(err, db.ErrNoRow) {
			return err
		}
		if err := g.On(ManageUsers, grant.Licensing); err != nil {
			if errs.KindOf(err) == errs.NotFound {
				return errUnknownGrant
			}
			return err
		}
		if grant.ID == "" { // the installation itself may be on every Licensing ID, but not on none
			return errUnknownGrant
		}
		if err := lockRoles(tx, g, grant.Licensing); err != nil {
			return err
		}
		var revoked bool
		if err := tx.Row("SELECT revoked_at IS NOT NULL FROM role_grants WHERE licensing_id = $1 AND id = $2", grant.Licensing, role).Scan(&revoked); err != nil {
			return err
		}
		if revoked {
			return errRevoked
		}
		tx.SetResult(string(role))
		return s.takeOne(tx, g, grant)
	})
}

// takeOne ends one role row as a change of a person's roles.
func (s *Service) takeOne(tx *db.Tx, g *Gate, grant Grant) error {
	left, err := rolesOf(tx, grant.Address, []ids.ID{grant.Licensing})
	if err != nil {
		return err
	}
	past, err := inactive(tx, []ids.ID{grant.Licensing})
	if err != nil {
		return err
	}
	named, err := namedOn(tx, []ids.ID{grant.Licensing}, grant.Address)
	if err != nil {
		return err
	}
	if number, is := past[grant.Licensing]; is && grant.lasts(tx.Now()) {
		return errInactive(number)
	}
	left = slices.DeleteFunc(left, func(o Grant) bool { return o.ID == grant.ID })
	c := RoleChange{Licensing: grant.Licensing, Ended: []Grant{grant}}
	if kind := named[grant.Licensing]; kind != "" && !slices.ContainsFunc(left, Grant.views) {
		if grant.Role == LicensingInfoViewer {
			return errContactViews
		}
		c.Given = append(c.Given, viewing(tx, grant.Licensing, grant.Address, kind))
	}
	return s.apply(tx, g, grant.Address, []RoleChange{c})
}

var errContactViews = errs.New(errs.Conflict, "access.contact_views")

func errInactive(number string) error {
	return errs.New(errs.Conflict, "access.inactive", errs.Params{"licensing_id": number})
}

// views reports whether the role lets a contact see the reports for good.
func (g Grant) views() bool {
	return (g.Role == LicensingInfoViewer || g.Role == Administrator) && g.Until.IsZero()
}

// viewing is the role that a contact keeps while the agreement names it (ADM-19).
func viewing(tx *db.Tx, licensing ids.ID, address, kind string) Grant {
	return Grant{Licensing: licensing, Address: address, Role: LicensingInfoViewer, Source: Contact, SourceRef: kind, From: tx.Now(), GrantedAt: tx.Now()}
}
