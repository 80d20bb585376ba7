package keys

import (
	"context"
	"errors"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// DefaultFactor is the activation factor of a program for which staff have set none: half as many activations again as licenses, which
// leaves room for reinstallations (ACT-14).
const DefaultFactor = 1500

// maxFactor bounds a factor to 1,000 activations per license.
const maxFactor = 1_000_000

// Factor says how many activations a MAK of a program gets per license when it is made without a limit. Price level is no part of it.
type Factor struct {
	Program     string
	Thousandths int64     // 1500 is one and a half activations per license
	Revision    int64     // 0 while DefaultFactor holds
	Since       time.Time // zero while DefaultFactor holds
}

// limit returns ⌈factor × licenses⌉, without meeting an overflow on the way.
func (f Factor) limit(licenses int64) int64 {
	whole, rest := licenses/1000, licenses%1000
	return whole*f.Thousandths + (rest*f.Thousandths+999)/1000
}

// limitTx works out how many activations a new MAK gets. Errors: Invalid "keys.generation" when its licenses give none, or too many.
func (s *Service) limitTx(tx *db.Tx, program string, g Generation) (int64, error) {
	licenses, err := s.licenses.LicensesTx(tx, g.Licensing, g.Products)
	if err != nil {
		return 0, err
	}
	if licenses <= 0 {
		return 0, refuse("/limit", "keys.limit_no_licenses", nil)
	}
	factor, err := factorTx(tx, program)
	if err != nil {
		return 0, err
	}
	limit := factor.limit(min(licenses, maxLimit))
	if limit > maxLimit {
		return 0, refuse("/limit", "keys.limit_missing", nil)
	}
	return limit, nil
}

// factorTx returns the factor that holds for a program.
func factorTx(tx *db.Tx, program string) (Factor, error) {
	f := Factor{Program: program, Thousandths: DefaultFactor}
	err := tx.Row("SELECT thousandths, revision, recorded_at FROM activation_factors WHERE program = $1 ORDER BY revision DESC LIMIT 1", program).
		Scan(&f.Thousandths, &f.Revision, &f.Since)
	if errors.Is(err, db.ErrNoRow) {
		err = nil
	}
	return f, err
}

// Factors returns the factor of every program, in the order of programs. Errors: those of access.Gate.Staff.
func (s *Service) Factors(ctx context.Context, actor audit.Actor) (all []Factor, err error) {
	err = s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		codes, err := programs(tx)
		if err != nil {
			return err
		}
		all = nil
		for _, code := range codes {
			f, err := factorTx(tx, code)
			if err != nil {
				return err
			}
			all = append(all, f)
		}
		return nil
	})
	return all, err
}

// programs returns the codes of all programs.
func programs(tx *db.Tx) (codes []string, err error) {
	err = tx.Each("SELECT code FROM programs GROUP BY code ORDER BY min(place), code", nil, func(scan func(...any) error) error {
		var code string
		err := scan(&code)
		codes = append(codes, code)
		return err
	})
	return codes, err
}

// SetFactor changes the factor of a program for keys made from then on. revision is the one that the actor has seen. Errors: those of
// access.Gate.Staff; Invalid "keys.factor"; NotFound "keys.program_unknown"; Precondition "keys.version".
func (s *Service) SetFactor(ctx context.Context, actor audit.Actor, program string, thousandths, revision int64) (f Factor, err error) {
	err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Staff(access.MaintainKeys); err != nil {
			return err
		}
		if thousandths < 1 || thousandths > maxFactor {
			return errs.New(errs.Invalid, "keys.factor")
		}
		var n int
		if err := tx.Row("SELECT count(*) FROM programs WHERE code = $1", program).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.NotFound, "keys.program_unknown")
		}
		before, err := factorTx(tx, program)
		if err != nil {
			return err
		}
		if before.Revision != revision {
			return errStale
		}
		f = Factor{Program: program, Thousandths: thousandths, Revision: revision + 1, Since: tx.Now()}
		_, err = tx.Exec("INSERT INTO activation_factors (program, revision, thousandths, recorded_at) VALUES ($1, $2, $3, $4)", f.Program, f.Revision, f.Thousandths, f.Since)
		if errors.Is(err, db.ErrDuplicate) {
			return errStale
		}
		if err != nil {
			return err
		}
		tx.SetResult(program)
		return audit.Record(tx, g.Actor(), audit.Event{Action: "keys.factor_changed", Object: program,
			Before: map[string]int64{"thousandths": before.Thousandths}, After: map[string]int64{"thousandths": thousandths}})
	})
	return f, err
}
