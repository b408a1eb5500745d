/// A day of the calendar as its number since 1970-01-01, whatever the zone.
struct CivilDay: Sendable, Equatable {
    let number: Int64

    init(number: Int64) { self.number = number }

    /// Howard Hinnant, "chrono-compatible low-level date algorithms".
    init(year: Int64, month: Int64, day: Int64) {
        let year = month <= 2 ? year - 1 : year
        let era = Self.floor(year, 400).quotient
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    var year: Int64 {
        let (era, dayOfEra) = Self.floor(number + 719_468, 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // The years of the algorithm begin in March.
        return yearOfEra + era * 400 + (dayOfYear >= 306 ? 1 : 0)
    }

    /// 0: Sunday.
    var weekday: Int { Int(Self.floor(number + 4, 7).remainder) }

    static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func floor(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
