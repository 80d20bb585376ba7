package api_test

import (
	"chiave/internal/licensing/access"
)

// devices are the samples of programs that a person lets in.
func devices() map[string]func(s side) sample {
	return map[string]func(s side) sample{
		"POST /api/v1/device": func(side) sample {
			return inJSON(v1+"/device", `{"name": "il portatile di Anna", "scopes": ["reports.view", "licensing_id.see"], "days": 30}`)
		},
		"POST /api/v1/device/token": func(s side) sample {
			code := "no-such-code"
			if s.admin != "" {
				codes, err := s.w.App.Accounts.StartDevice(s.t.Context(), "req", "", "laptop", []access.Action{access.Everything}, 30)
				s.check(err)
				s.check(s.w.App.Accounts.DecideDevice(s.t.Context(), s.w.Actors[s.admin], codes.User, true))
				code = codes.Device
			}
			return inJSON(v1+"/device/token", `{"device_code": %q}`, code)
		},
	}
}
