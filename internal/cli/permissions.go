package cli

import (
	"context"

	"chiave/client"
)

// mineCommand lists one's own roles.
type mineCommand struct {
	Inactive bool
}

func (c *mineCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := cl.MyPermissions(ctx)
	if err != nil {
		return err
	}
	list := []client.Permission{}
	for _, p := range all {
		if p.Active || c.Inactive {
			list = append(list, p)
		}
	}
	return s.show(client.Page[client.Permission]{Items: list}, func() {
		if len(list) == 0 {
			s.say(s.out.T("cli.roles.none_of_mine"))
			return
		}
		t := newTable(s.out.T("cli.column.licensing_id"), s.out.T("cli.column.role"), s.out.T("cli.column.source"), s.out.T("cli.column.until"))
		for _, p := range list {
			t.add(p.LicensingID, s.rolePart(p.Role, p.Part), s.source(p.Source, p.Contact, p.Above), s.instant(p.Until))
		}
		t.write(s.Stdout)
	})
}

// rolePart names a role, or a part of a role group.
func (s *session) rolePart(role, part string) string {
	name := s.role(role)
	if part == "" {
		return name
	}
	if s.out.Has("roles.part_" + part) {
		part = s.out.T("roles.part_" + part)
	}
	return name + ": " + part
}

// source says where a role comes from.
func (s *session) source(source, contact, above string) string {
	name := source
	if s.out.Has("permissions.source_" + source) {
		name = s.out.T("permissions.source_" + source)
	}
	if s.out.Has("contacts.type_" + contact) {
		name += ": " + s.out.T("contacts.type_"+contact)
	}
	if above != "" {
		name += " (" + above + ")"
	}
	return name
}

// dropCommand drops a Licensing ID from one's own permissions.
type dropCommand struct {
	LicensingID string `arg:"" name:"licensing-id"`
}

func (c *dropCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := licensingID(ctx, cl, c.LicensingID)
	if err != nil {
		return err
	}
	if err := cl.DropPermission(ctx, id); err != nil {
		return err
	}
	type dropped struct {
		ID string `json:"id"`
	}
	return s.show(dropped{id}, func() { s.say(s.out.T("cli.roles.dropped", "licensing_id", c.LicensingID)) })
}
