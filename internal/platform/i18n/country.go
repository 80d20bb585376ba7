package i18n

import (
	"cmp"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country is a country or region with its name in the reader's language.
type Country struct {
	Code string // ISO 3166-1 alpha-2
	Name string
}

// Country returns the name of a country, "" when the code is none's.
func (p Printer) Country(code string) string {
	if !IsCountry(code) {
		return ""
	}
	region := language.MustParseRegion(code)
	return display.Regions(language.Make(string(p.Lang()))).Name(region)
}

// Countries returns all countries and regions in the order of their names.
func (p Printer) Countries() []Country {
	var all []Country
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			code := string(first) + string(second)
			if name := p.Country(code); name != "" {
				all = append(all, Country{code, name})
			}
		}
	}
	slices.SortFunc(all, func(a, b Country) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// IsCountry reports whether code is that of a country or region.
func IsCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && region.String() == code && len(code) == 2 && region.IsCountry()
}
