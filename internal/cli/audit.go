package cli

import (
	"context"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// auditListCommand lists what happened, newest first.
type auditListCommand struct {
	LicensingID string `name:"licensing-id" placeholder:"N"`
	Limit       int    `default:"100" placeholder:"N"`
}

func (c *auditListCommand) run(ctx context.Context, s *session) error {
	if c.Limit < 0 {
		return errs.New(errs.Invalid, "cli.at_least", errs.Params{"flag": "--limit", "least": 0})
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := everyPage(c.Limit, func(q client.PageQuery) (client.Page[client.AuditRecord], error) {
		return cl.AuditTrail(ctx, c.LicensingID, q)
	})
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T("cli.audit.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.at"), s.out.T("cli.column.actor"), s.out.T("cli.column.action"), s.out.T("cli.column.object"), s.out.T("cli.column.licensing_id"), "")
		for _, r := range all.Items {
			t.add(s.instant(r.At), actorName(r), actionName(r), r.Object, r.LicensingID, s.refusedMark(r.Refused))
		}
		t.write(s.Stdout)
		if all.Next != "" {
			s.tell(s.out.T("cli.audit.more"))
		}
	})
}

func actorName(r client.AuditRecord) string {
	for _, name := range []string{r.ActorName, r.Actor} {
		if name != "" {
			return name
		}
	}
	return r.ActorKind
}

func actionName(r client.AuditRecord) string {
	if r.ActionText != "" {
		return r.ActionText
	}
	return r.Action
}

func (s *session) refusedMark(refused bool) string {
	if refused {
		return s.out.T("cli.audit.refused")
	}
	return ""
}

// clockCommand shows the server's time.
type clockCommand struct{}

func (c *clockCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	clock, err := cl.Clock(ctx)
	if err != nil {
		return err
	}
	return s.show(clock, func() { s.showClock(clock) })
}

// advanceCommand moves the clock of a sandbox forward.
type advanceCommand struct {
	Duration string `arg:""`
}

func (c *advanceCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	clock, err := cl.MoveClock(ctx, c.Duration)
	if err != nil {
		return err
	}
	return s.show(clock, func() { s.showClock(clock) })
}

func (s *session) showClock(c client.Clock) {
	line := s.instant(c.Now)
	if c.Sandbox {
		line += " " + s.out.T("cli.clock.sandbox")
	}
	s.say(line)
}
