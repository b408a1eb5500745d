package import Basics

/// Times when machines may be touched.
package struct MaintenanceWindow: Sendable, Equatable {
    package typealias ID = Identifier<MaintenanceWindow>

    /// Every week on these days, from a time on the clock of the zone on. Its end is read from the
    /// clock too: a night to 06:00 ends at 06:00, however long it was.
    package struct Weekly: Sendable, Equatable {
        /// 0: Sunday.
        package var days: Set<Int>
        /// Of the day: 0 to 1439.
        package var startMinute: Int
        package var minutes: Int
        package init(days: Set<Int>, startMinute: Int, minutes: Int) {
            self.days = days
            self.startMinute = startMinute
            self.minutes = minutes
        }
    }

    /// A holiday, a freeze, or a campaign out of turn.
    package struct Exception: Sendable, Equatable {
        package var from: Timestamp
        package var to: Timestamp
        /// `false` wins over everything that is open then.
        package var isOpen: Bool
        package init(from: Timestamp, to: Timestamp, isOpen: Bool) {
            self.from = from
            self.to = to
            self.isOpen = isOpen
        }
    }

    package struct Rule: Sendable, Equatable {
        package static let mostWeekly = 50
        package static let mostExceptions = 500
        /// A week.
        package static let mostMinutes = 10_080
        package var zone: TimeZoneName
        package var weekly: [Weekly]
        package var exceptions: [Exception]
        package init(zone: TimeZoneName, weekly: [Weekly], exceptions: [Exception] = []) {
            self.zone = zone
            self.weekly = weekly
            self.exceptions = exceptions
        }
    }

    /// From the first moment up to, not including, the last.
    package struct Opening: Sendable, Equatable {
        package var from: Timestamp
        package var to: Timestamp
        package init(from: Timestamp, to: Timestamp) {
            self.from = from
            self.to = to
        }
    }

    package var id: ID
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    package var applicationID: Application.ID
    package var name: Name<MaintenanceWindow>
    package var rule: Rule
    package var createdAt: Timestamp

    package init(
        id: ID, organizationID: Organization.ID, teamID: Team.ID, applicationID: Application.ID,
        name: Name<MaintenanceWindow>, rule: Rule, createdAt: Timestamp
    ) {
        self.id = id
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.name = name
        self.rule = rule
        self.createdAt = createdAt
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    package var reference: ObjectReference {
        ObjectReference(type: "maintenance-window", id: id.text, name: name.text)
    }
}

extension MaintenanceWindow.Rule {
    package func validated() throws(ValidationFault) -> MaintenanceWindow.Rule {
        guard weekly.count <= Self.mostWeekly, exceptions.count <= Self.mostExceptions else {
            throw ValidationFault(
                "may hold \(Self.mostWeekly) weekly times and \(Self.mostExceptions) exceptions")
        }
        for time in weekly {
            guard !time.days.isEmpty, time.days.allSatisfy((0...6).contains),
                (0...1439).contains(time.startMinute),
                (1...Self.mostMinutes).contains(time.minutes)
            else { throw ValidationFault("must have days, a start and 1 to 10080 minutes") }
        }
        guard exceptions.allSatisfy({ $0.from < $0.to }) else {
            throw ValidationFault("must end its exceptions after they begin")
        }
        guard !weekly.isEmpty || exceptions.contains(where: \.isOpen) else {
            throw ValidationFault("must open at some time")
        }
        return self
    }

    /// The opening that `moment` lies in, or the next one; `nil` where none comes within 400 days.
    package func opening(at moment: Timestamp, in zone: ZoneRules) -> MaintenanceWindow.Opening? {
        // Most windows open within days; only where exceptions close them long is more looked at.
        for days in [16, 64, 400] as [Int64] {
            let found = openings(around: moment, days: days, in: zone).first { $0.to > moment }
            if let found { return found }
        }
        return nil
    }

    package func isOpen(at moment: Timestamp, in zone: ZoneRules) -> Bool {
        opening(at: moment, in: zone).map { $0.from <= moment } ?? false
    }

    /// Those that end after `moment`, in order, none touching the next.
    private func openings(
        around moment: Timestamp, days: Int64, in zone: ZoneRules
    ) -> [MaintenanceWindow.Opening] {
        let second = CivilDay.floor(moment.milliseconds, 1000).quotient
        let today = CivilDay.floor(second + zone.offset(at: second), 86_400).quotient
        let horizon = moment + .seconds(days * 86_400)
        var open: [MaintenanceWindow.Opening] = []
        // Eight days back: what is open longest began a week ago.
        for number in (today - 8)...(today + days) {
            let weekday = CivilDay(number: number).weekday
            for time in weekly where time.days.contains(weekday) {
                let start = number * 86_400 + Int64(time.startMinute) * 60
                let from = zone.moment(ofLocal: start)
                let to = zone.moment(ofLocal: start + Int64(time.minutes) * 60)
                // Clocks can leap over all of it.
                guard from < to else { continue }
                open.append(
                    .init(
                        from: Timestamp(milliseconds: from * 1000),
                        to: Timestamp(milliseconds: to * 1000)))
            }
        }
        open += exceptions.filter { $0.isOpen && $0.from < horizon }
            .map { .init(from: $0.from, to: $0.to) }
        let closed = exceptions.filter { !$0.isOpen }
        return Self.cut(Self.joined(open), by: closed).filter { $0.to > moment }
    }

    private static func joined(
        _ openings: [MaintenanceWindow.Opening]
    ) -> [MaintenanceWindow.Opening] {
        var joined: [MaintenanceWindow.Opening] = []
        for next in openings.sorted(by: { $0.from < $1.from }) {
            if let last = joined.last, next.from <= last.to {
                joined[joined.count - 1].to = max(last.to, next.to)
            } else {
                joined.append(next)
            }
        }
        return joined
    }

    private static func cut(
        _ openings: [MaintenanceWindow.Opening], by closed: [MaintenanceWindow.Exception]
    ) -> [MaintenanceWindow.Opening] {
        closed.reduce(openings) { openings, gap in
            openings.flatMap { opening -> [MaintenanceWindow.Opening] in
                guard gap.from < opening.to, opening.from < gap.to else { return [opening] }
                return [
                    .init(from: opening.from, to: gap.from), .init(from: gap.to, to: opening.to),
                ].filter { $0.from < $0.to }
            }
        }
    }
}
