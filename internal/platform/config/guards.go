package config

import (
	"strconv"
	"time"
)

// guards are the limits of what people may try.
func guards() []setting {
	return []setting{
		{"open_license_failures", "5", "", "How many wrong combinations of License Number and Authorization Number in a row suspend Add Open License: for the person who enters them, and for the license that one of the numbers names.",
			func(c *Config, v string) *fault {
				n, err := strconv.ParseUint(v, 10, 8)
				if err != nil || n == 0 {
					return example("5")
				}
				c.OpenLicenseFailures = int(n)
				return nil
			}},
		{"open_license_within", "24h", "", "The span of time in which they count, and after which a person's suspension ends; a license's ends when one of its Administrators enables it again.",
			func(c *Config, v string) *fault {
				span, err := time.ParseDuration(v)
				if err != nil || span < time.Minute {
					return example("24h")
				}
				c.OpenLicenseWithin = span
				return nil
			}},
	}
}
