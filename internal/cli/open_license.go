package cli

import (
	"context"
	"slices"
	"strings"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// openAddCommand gets access to an Open License by its numbers.
type openAddCommand struct {
	License       string `required:"" placeholder:"NUMBER"`
	Authorization string `required:"" placeholder:"NUMBER"`
	Acknowledge   bool
	FirstName     string `placeholder:"NAME"`
	LastName      string `placeholder:"NAME"`
}

func (c *openAddCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	made, err := cl.AddOpenLicense(ctx, client.OpenLicenseNumbers{License: c.License, Authorization: c.Authorization, Acknowledged: c.Acknowledge, FirstName: c.FirstName, LastName: c.LastName})
	if err != nil {
		return err
	}
	return s.show(made, func() {
		s.say(s.out.T("cli.open_license.added", "licensing_id", made.LicensingID, "roles", s.roles(made.Roles)))
	})
}

// openListCommand lists who got access so, or the licenses that are suspended.
type openListCommand struct {
	Suspended bool
}

func (c *openListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	if c.Suspended {
		return s.listSuspended(ctx, cl)
	}
	all, err := everyPage(0, func(q client.PageQuery) (client.Page[client.OpenLicenseAddition], error) {
		return cl.OpenLicenseAdditions(ctx, q)
	})
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T("cli.open_license.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.id"), s.out.T("cli.column.person"), s.out.T("cli.column.address"), s.out.T("cli.column.licensing_id"), s.out.T("cli.column.source"),
			s.out.T("cli.column.state"), s.out.T("cli.column.at"))
		for _, a := range all.Items {
			state := s.out.T("cli.open_license.given")
			if a.Denied != "" {
				state = s.out.T("cli.open_license.denied_by", "name", a.DeniedBy)
			}
			t.add(a.ID, a.Name, a.Address, a.LicensingID, s.out.T("permissions.source_"+a.Source), state, s.instant(a.Added))
		}
		t.write(s.Stdout)
	})
}

func (s *session) listSuspended(ctx context.Context, cl *client.Client) error {
	list, err := cl.OpenLicenseSuspensions(ctx)
	if err != nil {
		return err
	}
	return s.show(client.Page[client.OpenLicenseSuspension]{Items: list}, func() {
		if len(list) == 0 {
			s.say(s.out.T("cli.open_license.none_suspended"))
			return
		}
		t := newTable(s.out.T("cli.column.licensing_id"), s.out.T("cli.column.failures"), s.out.T("cli.column.at"))
		for _, x := range list {
			t.add(x.LicensingID, s.out.Number(int64(x.Failures)), s.instant(x.Since))
		}
		t.write(s.Stdout)
	})
}

// openDenyCommand takes back what the numbers gave.
type openDenyCommand struct {
	ID string `arg:""`
}

func (c *openDenyCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	a, err := cl.DenyOpenLicense(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.show(a, func() { s.say(s.out.T("cli.open_license.denied", "address", a.Address, "licensing_id", a.LicensingID)) })
}

// openEnableCommand ends a suspension.
type openEnableCommand struct {
	LicensingID string `arg:"" name:"licensing-id"`
}

func (c *openEnableCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := suspendedID(ctx, cl, c.LicensingID)
	if err != nil {
		return err
	}
	if err := cl.EnableOpenLicense(ctx, id); err != nil {
		return err
	}
	type enabled struct {
		LicensingID string `json:"licensing_id"`
	}
	return s.show(enabled{c.LicensingID}, func() { s.say(s.out.T("cli.open_license.enabled", "licensing_id", c.LicensingID)) })
}

// suspendedID returns the id of a suspended license that is given by its id or by its number. Errors: NotFound "cli.not_suspended".
func suspendedID(ctx context.Context, cl *client.Client, given string) (string, error) {
	if strings.HasPrefix(given, "lid_") {
		return given, nil
	}
	list, err := cl.OpenLicenseSuspensions(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(x client.OpenLicenseSuspension) bool { return strings.EqualFold(x.LicensingID, given) })
	if i < 0 {
		return "", errs.New(errs.NotFound, "cli.not_suspended", errs.Params{"number": given})
	}
	return list[i].ID, nil
}
