package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// rolesListCommand lists who holds which role on a Licensing ID.
type rolesListCommand struct {
	LicensingID string `arg:"" name:"licensing-id"`
}

func (c *rolesListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := licensingID(ctx, cl, c.LicensingID)
	if err != nil {
		return err
	}
	list, err := cl.Roles(ctx, id)
	if err != nil {
		return err
	}
	if list == nil {
		list = []client.RoleGrant{}
	}
	return s.show(client.Page[client.RoleGrant]{Items: list}, func() {
		if len(list) == 0 {
			s.say(s.out.T("cli.roles.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.id"), s.out.T("cli.column.address"), s.out.T("cli.column.role"), s.out.T("cli.column.from"), s.out.T("cli.column.until"))
		for _, g := range list {
			t.add(g.ID, g.Address, s.role(g.Role), s.instant(g.From), s.instant(g.Until))
		}
		t.write(s.Stdout)
	})
}

// licensingID returns the id of the Licensing ID that is given by its id or by its number. Errors: NotFound "cli.no_licensing_id".
func licensingID(ctx context.Context, cl *client.Client, given string) (string, error) {
	if strings.HasPrefix(given, "lid_") {
		return given, nil
	}
	all, err := everyPage(0, func(q client.PageQuery) (client.Page[client.LicensingID], error) {
		return cl.LicensingIDs(ctx, true, given, q)
	})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all.Items, func(l client.LicensingID) bool { return l.Number == given })
	if i < 0 {
		return "", errs.New(errs.NotFound, "cli.no_licensing_id", errs.Params{"number": given})
	}
	return all.Items[i].ID, nil
}

// assignCommand gives a person a role.
type assignCommand struct {
	LicensingID string `arg:"" name:"licensing-id"`
	Email       string `required:"" placeholder:"ADDRESS"`
	Role        string `required:"" placeholder:"ROLE"`
	Until       string `placeholder:"DATE"`
}

func (c *assignCommand) run(ctx context.Context, s *session) error {
	if err := checkDate("until", c.Until); err != nil {
		return err
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := licensingID(ctx, cl, c.LicensingID)
	if err != nil {
		return err
	}
	grant := client.RoleGrant{Address: c.Email, Role: c.Role}
	if day, err := time.Parse(time.DateOnly, c.Until); err == nil {
		grant.Until = day.AddDate(0, 0, 1).Format(time.RFC3339) // the day named is the last one
	}
	made, err := cl.AssignRole(ctx, id, grant)
	if err != nil {
		return err
	}
	return s.show(made, func() {
		s.say(s.out.T("cli.roles.assigned", "role", s.role(made.Role), "address", made.Address, "id", made.ID))
	})
}

// revokeCommand takes a role away.
type revokeCommand struct {
	ID string `arg:""`
}

func (c *revokeCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	if err := cl.RevokeRole(ctx, c.ID); err != nil {
		return err
	}
	type revoked struct {
		ID string `json:"id"`
	}
	return s.show(revoked{c.ID}, func() { s.say(s.out.T("cli.roles.revoked", "id", c.ID)) })
}
