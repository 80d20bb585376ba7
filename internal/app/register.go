package app

import (
	"context"

	"chiave/internal/licensing/registration"
	"chiave/internal/platform/jobs"
)

// register makes the room of registration and its jobs.
func (a *App) register() {
	a.Registration = registration.New(registration.Needs{DB: a.DB, Access: a.Access, Accounts: a.Accounts, Tenants: a.Tenants, Mail: a.Notify, Queue: a.Jobs,
		BaseURL: a.Config.BaseURL, Personal: a.Config.PersonalDomains})
	for kind, do := range map[string]func(context.Context, registration.Mail) error{registration.CodeKind: a.Registration.MailCode, registration.LinkKind: a.Registration.MailLink} {
		a.Jobs.Handle(kind, func(ctx context.Context, j jobs.Job) error {
			var m registration.Mail
			if err := j.Into(&m); err != nil {
				return err
			}
			return do(ctx, m)
		})
	}
}
