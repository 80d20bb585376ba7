package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"chiave/internal/platform/i18n"
	"chiave/internal/platform/mail"
)

// write turns a message into the letter its recipient reads.
func (s *Service) write(m Message) (mail.Letter, error) {
	lang, _ := i18n.ParseLang(m.Lang)
	p := s.needs.Texts.For(lang)
	if s.needs.Portal != "" {
		p = p.WithPortal(s.needs.Portal)
	}
	args, err := m.args(p)
	if err != nil {
		return mail.Letter{}, err
	}
	return mail.Letter{
		Lang:     string(lang),
		Portal:   p.Portal(),
		Subject:  p.T("mail."+m.Event+".subject", args...),
		Greeting: p.T("mail."+m.Event+".greeting", args...),
		Body:     p.T("mail."+m.Event+".body", args...),
		Action:   p.T("mail."+m.Event+".action", args...),
		Link:     m.Params["link"],
		LinkHint: p.T("mail.link_hint"),
		Footer:   p.T("mail."+m.Event+".footer", args...),
	}, nil
}

// args are the parameters as the texts take them.
func (m Message) args(p i18n.Printer) ([]any, error) {
	forms, ok := paramsOf(m.Event)
	if !ok {
		return nil, fmt.Errorf("there is no event %q", m.Event)
	}
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		return nil, fmt.Errorf("the time zone of a mail: %w", err)
	}
	var args []any
	for param, form := range forms {
		value := m.Params[param]
		switch form {
		case name:
			value = cmp.Or(value, m.To)
		case instant:
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return nil, fmt.Errorf("the parameter %q of a mail: %w", param, err)
			}
			value = p.Time(at, zone)
		case changes, given:
			if value, err = listChanges(p, value, zone, form == given); err != nil {
				return nil, err
			}
		case few:
			if value, err = listFew(p, value); err != nil {
				return nil, err
			}
		case roles:
			var names []string
			for role := range strings.FieldsSeq(value) {
				names = append(names, p.T("roles."+role))
			}
			value = strings.Join(names, ", ")
		case tenantRole:
			value = p.T("tenant_roles." + value)
		case optional:
			value = cmp.Or(value, "–")
		}
		args = append(args, param, value)
	}
	return args, nil
}
