package entitlements

import (
	"fmt"
	"strconv"
)

const (
	maxRatio = 1_000_000
	maxMany  = 1_000_000 // fits the 20 bits that orders of events and lots have for products and versions
)

// inspection collects the problems of a catalog and what it has seen so far.
type inspection struct {
	problems []Problem
	products map[string]Product
}

func catalogProblems(products []Product, stepUps []StepUp, offers []Offer) []Problem {
	in := inspection{products: make(map[string]Product, len(products))}
	in.many("products", len(products))
	for i, p := range products {
		in.product(fmt.Sprintf("products[%d]", i), p)
	}
	paths := make(map[StepUp]bool, len(stepUps))
	for i, path := range stepUps {
		in.stepUp(fmt.Sprintf("step_ups[%d]", i), path, paths)
	}
	codes := make(map[string]bool, len(offers))
	for i, o := range offers {
		at := fmt.Sprintf("offers[%d]", i)
		in.unique(at+".code", o.Code, codes)
		in.offer(at, o)
	}
	return in.problems
}

func (in *inspection) add(code Code, field, value string) {
	in.problems = append(in.problems, Problem{Code: code, Field: field, Value: value})
}

func (in *inspection) many(field string, n int) {
	if n > maxMany {
		in.add(TooMany, field, strconv.Itoa(n))
	}
}

// unique refuses an empty name and one that was seen before.
func (in *inspection) unique(field, name string, seen map[string]bool) {
	if name == "" {
		in.add(ValueMissing, field, "")
	} else if seen[name] {
		in.add(ValueDuplicate, field, name)
	}
	seen[name] = true
}

func (in *inspection) product(at string, p Product) {
	if p.Code == "" {
		in.add(ValueMissing, at+".code", "")
	} else if _, seen := in.products[p.Code]; seen {
		in.add(ValueDuplicate, at+".code", p.Code)
	}
	in.products[p.Code] = p
	if p.Family == "" {
		in.add(ValueMissing, at+".family", "")
	}
	if p.Pool.String() == "" {
		in.add(ValueUnknown, at+".pool", "")
	}
	in.many(at+".versions", len(p.Versions))
	names, days := make(map[string]bool, len(p.Versions)), make(map[Date]bool, len(p.Versions))
	for i, v := range p.Versions {
		here := fmt.Sprintf("%s.versions[%d]", at, i)
		in.unique(here+".name", v.Name, names)
		if v.Released == 0 {
			in.add(ValueMissing, here+".released", "")
		} else if days[v.Released] {
			in.add(ReleaseShared, here+".released", v.Released.String())
		}
		days[v.Released] = true
	}
}

func (in *inspection) known(field, code string) {
	if code == "" {
		in.add(ValueMissing, field, "")
	} else if _, ok := in.products[code]; !ok {
		in.add(ValueUnknown, field, code)
	}
}

func (in *inspection) stepUp(at string, path StepUp, seen map[StepUp]bool) {
	in.known(at+".from", path.From)
	in.known(at+".to", path.To)
	if path.From == path.To {
		in.add(StepUpToItself, at+".to", path.To)
	}
	if seen[path] {
		in.add(ValueDuplicate, at, path.From+" "+path.To)
	}
	seen[path] = true
}

func (in *inspection) offer(at string, o Offer) {
	in.known(at+".granting", o.Granting)
	in.known(at+".granted", o.Granted)
	if !hasVersion(in.products[o.Granted], o.Version) {
		in.add(ValueUnknown, at+".version", o.Version)
	}
	if len(o.Kinds) == 0 {
		in.add(ValueMissing, at+".kinds", "")
	}
	for i, k := range o.Kinds {
		if k.String() == "" || k == RET {
			in.add(ValueUnknown, fmt.Sprintf("%s.kinds[%d]", at, i), k.String())
		}
	}
	if o.From == 0 {
		in.add(ValueMissing, at+".from", "")
	}
	if o.To == 0 {
		in.add(ValueMissing, at+".to", "")
	} else if o.To < o.From {
		in.add(WindowReversed, at+".to", o.To.String())
	}
	in.ratio(at+".numerator", o.Numerator)
	in.ratio(at+".denominator", o.Denominator)
}

func (in *inspection) ratio(field string, n int64) {
	if n < 1 || n > maxRatio {
		in.add(RatioOutOfRange, field, strconv.FormatInt(n, 10))
	}
}

func hasVersion(p Product, name string) bool {
	for _, v := range p.Versions {
		if v.Name == name {
			return true
		}
	}
	return false
}
