package cli

import (
	"context"
	"slices"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// inheritCommand lists the agreements that name one, or chooses whether one is Administrator of what is below one of them.
type inheritCommand struct {
	Parent string `placeholder:"NUMBER"`
	Choice string `arg:"" optional:"" enum:"on,off," default:""`
}

func (c *inheritCommand) run(ctx context.Context, s *session) error {
	if (c.Parent == "") != (c.Choice == "") {
		return errs.New(errs.Invalid, "cli.inherit")
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := cl.MyInheritance(ctx)
	if err != nil {
		return err
	}
	if c.Parent != "" {
		i := slices.IndexFunc(all, func(i client.Inheritance) bool { return i.Number == c.Parent || i.ID == c.Parent })
		if i < 0 {
			return errs.New(errs.NotFound, "cli.no_agreement", errs.Params{"number": c.Parent})
		}
		all = all[i : i+1]
		all[0].Administers = c.Choice == "on"
		if err := cl.ChooseInheritance(ctx, all[0].ID, all[0].Administers); err != nil {
			return err
		}
	}
	return s.show(client.Page[client.Inheritance]{Items: append([]client.Inheritance{}, all...)}, func() {
		if len(all) == 0 {
			s.say(s.out.T("cli.roles.inherit_none"))
			return
		}
		t := newTable(s.out.T("cli.column.agreement"), s.out.T("cli.column.contact"), ">"+s.out.T("cli.column.licensing_ids"), s.out.T("cli.column.administers"))
		for _, i := range all {
			t.add(i.Number, s.contactTypes(i.Contacts), s.number(int64(i.Below)), s.out.T("cli.roles.inherit_"+map[bool]string{true: "on", false: "off"}[i.Administers]))
		}
		t.write(s.Stdout)
	})
}

func (s *session) contactTypes(codes []string) string {
	names := ""
	for i, c := range codes {
		if i > 0 {
			names += ", "
		}
		if s.out.Has("contacts.type_" + c) {
			c = s.out.T("contacts.type_" + c)
		}
		names += c
	}
	return names
}
