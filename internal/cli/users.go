package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// usersListCommand lists the people of the Licensing IDs that one administers.
type usersListCommand struct {
	Inactive    bool
	LicensingID string `name:"licensing-id" placeholder:"NUMBER"`
	Search      string `placeholder:"TEXT"`
	Limit       int    `placeholder:"N"`
}

func (c *usersListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := everyPage(c.Limit, func(q client.PageQuery) (client.Page[client.User], error) {
		return cl.Users(ctx, client.UserQuery{Inactive: c.Inactive, LicensingID: c.LicensingID, Search: c.Search}, q)
	})
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T("cli.users.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.address"), s.out.T("cli.column.name"), s.out.T("cli.column.licensing_id"), s.out.T("cli.column.roles"))
		for _, u := range all.Items {
			if len(u.Roles) == 0 {
				t.add(u.Address, u.Name, "–", "–")
			}
			for some := range slices.Values(byLicensingID(u.Roles)) {
				var names []string
				for _, r := range some {
					names = append(names, s.rolePart(r.Role, r.Part))
				}
				t.add(u.Address, u.Name, some[0].LicensingID, strings.Join(names, ", "))
			}
		}
		t.write(s.Stdout)
	})
}

// byLicensingID puts the roles on one Licensing ID together, by number.
func byLicensingID(roles []client.UserRole) [][]client.UserRole {
	sorted := slices.SortedStableFunc(slices.Values(roles), func(a, b client.UserRole) int { return strings.Compare(a.LicensingID, b.LicensingID) })
	var all [][]client.UserRole
	for _, r := range sorted {
		if n := len(all); n == 0 || all[n-1][0].LicensingID != r.LicensingID {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], r)
	}
	return all
}

// usersShowCommand shows one person.
type usersShowCommand struct {
	User string `arg:""`
}

func (c *usersShowCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := userID(ctx, cl, c.User)
	if err != nil {
		return err
	}
	u, err := cl.User(ctx, id)
	if err != nil {
		return err
	}
	return s.show(u, func() { s.showUser(u) })
}

func (s *session) showUser(u client.User) {
	s.say(printable(strings.TrimSpace(u.Name + " <" + u.Address + ">")))
	if len(u.Roles) == 0 {
		s.say(s.out.T("cli.users.without_roles"))
		return
	}
	t := newTable(s.out.T("cli.column.licensing_id"), s.out.T("cli.column.role"), s.out.T("cli.column.source"), s.out.T("cli.column.until"))
	for _, some := range byLicensingID(u.Roles) {
		for _, r := range some {
			t.add(r.LicensingID, s.rolePart(r.Role, r.Part), s.source(r.Source, r.Contact, r.Above), s.instant(r.Until))
		}
	}
	t.write(s.Stdout)
}

// userID returns the id of a person who is named by id or by e-mail address. Errors: NotFound "cli.no_user".
func userID(ctx context.Context, cl *client.Client, named string) (string, error) {
	if strings.HasPrefix(named, "prs_") && !strings.Contains(named, "@") {
		return named, nil
	}
	for _, inactive := range []bool{false, true} {
		all, err := everyPage(0, func(q client.PageQuery) (client.Page[client.User], error) {
			return cl.Users(ctx, client.UserQuery{Inactive: inactive, Search: named}, q)
		})
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(all.Items, func(u client.User) bool { return strings.EqualFold(u.Address, named) }); i >= 0 {
			return all.Items[i].ID, nil
		}
	}
	return "", errs.New(errs.NotFound, "cli.no_user", errs.Params{"user": named})
}

// usersAddCommand adds a person without any permission so far.
type usersAddCommand struct {
	Email     string   `arg:""`
	FirstName string   `required:"" placeholder:"NAME"`
	LastName  string   `required:"" placeholder:"NAME"`
	Grant     []string `required:"" placeholder:"LICENSING-ID:ROLE"`
	Until     string   `placeholder:"DATE"`
	Confirm   bool
}

func (c *usersAddCommand) run(ctx context.Context, s *session) error {
	until, err := lastDay(c.Until)
	if err != nil {
		return err
	}
	granted, err := rolesByID(c.Grant, nil)
	if err != nil {
		return err
	}
	n := client.NewUser{Address: c.Email, First: c.FirstName, Last: c.LastName, Until: until, Confirm: c.Confirm}
	for _, g := range granted {
		n.Permissions = append(n.Permissions, client.NewUserRoles{LicensingID: g.LicensingID, Roles: g.Grant})
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	u, err := cl.AddUser(ctx, n)
	if err != nil {
		return err
	}
	return s.show(u, func() {
		s.say(s.out.T("cli.users.added", "address", u.Address))
		s.showUser(u)
	})
}

// usersChangeCommand gives a person roles and takes others away.
type usersChangeCommand struct {
	User   string   `arg:""`
	Grant  []string `placeholder:"LICENSING-ID:ROLE"`
	Remove []string `placeholder:"LICENSING-ID:ROLE"`
	Until  string   `placeholder:"DATE"`
	DryRun bool     `name:"dry-run"`
}

func (c *usersChangeCommand) run(ctx context.Context, s *session) error {
	until, err := lastDay(c.Until)
	if err != nil {
		return err
	}
	change := client.UserChange{Until: until, DryRun: c.DryRun}
	if change.Changes, err = rolesByID(c.Grant, c.Remove); err != nil {
		return err
	}
	if len(change.Changes) == 0 {
		return errs.New(errs.Invalid, "cli.no_change")
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	id, err := userID(ctx, cl, c.User)
	if err != nil {
		return err
	}
	done, err := cl.ChangeUser(ctx, id, change)
	if err != nil {
		return err
	}
	return s.show(done, func() {
		if !done.Saved {
			s.say(s.out.T("cli.users.would_change"))
		} else {
			s.say(s.out.T("cli.users.changed", "address", done.User.Address))
		}
		t := newTable(s.out.T("cli.column.licensing_id"), s.out.T("cli.column.added"), s.out.T("cli.column.removed"))
		for _, d := range done.Changes {
			t.add(d.LicensingID, s.roleNames(d.Added), s.roleNames(d.Removed))
		}
		t.write(s.Stdout)
	})
}

func (s *session) roleNames(list []client.RoleName) string {
	names := make([]string, len(list))
	for i, r := range list {
		names[i] = s.rolePart(r.Role, r.Part)
	}
	return strings.Join(names, ", ")
}

// lastDay returns the instant at which a day that is the last one is over, as the API takes it; empty for none.
func lastDay(day string) (string, error) {
	if err := checkDate("until", day); err != nil || day == "" {
		return "", err
	}
	at, err := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, 1).Format(time.RFC3339), err
}

// rolesByID reads what is to be given and taken, each NUMBER:ROLE or NUMBER:ROLE.PART. Errors: Invalid "cli.role_on".
func rolesByID(grant, remove []string) ([]client.UserRoleChange, error) {
	var all []client.UserRoleChange
	for i, text := range slices.Concat(grant, remove) {
		at := strings.LastIndexByte(text, ':')
		if at <= 0 || at == len(text)-1 {
			return nil, errs.New(errs.Invalid, "cli.role_on", errs.Params{"given": text})
		}
		role, part, _ := strings.Cut(text[at+1:], ".")
		n := slices.IndexFunc(all, func(c client.UserRoleChange) bool { return c.LicensingID == text[:at] })
		if n < 0 {
			all = append(all, client.UserRoleChange{LicensingID: text[:at]})
			n = len(all) - 1
		}
		if name := (client.RoleName{Role: role, Part: part}); i < len(grant) {
			all[n].Grant = append(all[n].Grant, name)
		} else {
			all[n].Remove = append(all[n].Remove, name)
		}
	}
	return all, nil
}
