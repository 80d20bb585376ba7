package api_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// schema is what the document uses of JSON Schema 2020-12.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any    // a name, or a list of names
	Format               string
	Description          string
	Enum                 []any
	Examples             []any
	Properties           map[string]schema
	Required             []string
	AdditionalProperties any
	Items                *schema
	MinLength, MaxLength *int
	Minimum, Maximum     *float64
}

func (s schema) empty() bool { return s.Ref == "" && s.Type == nil && s.Properties == nil }

// types returns the names of the types that s allows; none for any.
func (s schema) types() (names []string) {
	switch v := s.Type.(type) {
	case string:
		return []string{v}
	case []any:
		for _, name := range v {
			names = append(names, fmt.Sprint(name))
		}
	}
	return names
}

// faults returns where value is not what s says.
func (d openAPI) faults(s schema, value any, at string) (found []string) {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.faults(d.Components.Schemas[name], value, at)
	}
	fault := func(format string, args ...any) { found = append(found, at+": "+fmt.Sprintf(format, args...)) }
	if types := s.types(); len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return is(t, value) }) {
		fault("%v is no %v", value, types)
		return found
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, value) {
		fault("%v is none of %v", value, s.Enum)
	}
	switch v := value.(type) {
	case string:
		found = append(found, s.textFaults(v, at)...)
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			fault("%v is out of range", v)
		}
	case []any:
		if s.Items != nil {
			for i, item := range v {
				found = append(found, d.faults(*s.Items, item, fmt.Sprintf("%s/%d", at, i))...)
			}
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, there := v[name]; !there {
				fault("%s is missing", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if p, known := s.Properties[name]; known {
				found = append(found, d.faults(p, v[name], at+"/"+name)...)
			} else if s.AdditionalProperties == false {
				fault("%s is not described", name)
			}
		}
	}
	return found
}

// textFaults checks a text. Instants are in UTC.
func (s schema) textFaults(text, at string) (found []string) {
	n := len([]rune(text))
	if s.MinLength != nil && n < *s.MinLength || s.MaxLength != nil && n > *s.MaxLength {
		found = append(found, fmt.Sprintf("%s: %q has a wrong length", at, text))
	}
	if s.Format == "date-time" {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil || !strings.HasSuffix(text, "Z") {
			found = append(found, fmt.Sprintf("%s: %q is no instant in UTC", at, text))
		}
	}
	return found
}

func is(name string, value any) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	}
	return name == "object"
}
