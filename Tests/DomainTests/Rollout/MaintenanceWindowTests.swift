import Basics
import Domain
import Testing

@Suite("Maintenance windows") struct MaintenanceWindowTests {
    private func zone(_ name: String) throws -> ZoneRules {
        try #require(
            ZoneRules(tzif: try Files.read("/usr/share/zoneinfo/\(name)")), "no zone \(name)")
    }

    private func time(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text), "\(text)")
    }

    private func rule(
        _ days: [Int], _ hour: Int, _ minute: Int, for minutes: Int,
        _ exceptions: [MaintenanceWindow.Exception] = []
    ) -> MaintenanceWindow.Rule {
        .init(
            zone: .utc,
            weekly: [
                .init(days: Set(days), startMinute: hour * 60 + minute, minutes: minutes)
            ], exceptions: exceptions)
    }

    private func opening(
        _ rule: MaintenanceWindow.Rule, _ zone: String, at moment: String
    ) throws -> [String] {
        let found = rule.opening(at: try time(moment), in: try self.zone(zone))
        return [found?.from.rfc3339, found?.to.rfc3339].compactMap { $0 }
    }

    @Test("A night to six o’clock ends at six when clocks are put forward, and when they go back")
    func nightsOfChange() throws {
        let night = rule([6], 22, 0, for: 480)
        #expect(
            try opening(night, "Europe/Berlin", at: "2026-03-28T12:00:00Z")
                == ["2026-03-28T21:00:00.000Z", "2026-03-29T04:00:00.000Z"])
        #expect(
            try opening(night, "Europe/Berlin", at: "2026-10-24T12:00:00Z")
                == ["2026-10-24T20:00:00.000Z", "2026-10-25T05:00:00.000Z"])
    }

    @Test("What begins in the hour that is leapt over begins with the leap; what lies in it is not")
    func gap() throws {
        let late = rule([0], 2, 30, for: 60)
        #expect(
            try opening(late, "Europe/Berlin", at: "2026-03-28T12:00:00Z")
                == ["2026-03-29T01:00:00.000Z", "2026-03-29T01:30:00.000Z"])
        let inside = rule([0], 2, 0, for: 60)
        #expect(
            try opening(inside, "Europe/Berlin", at: "2026-03-28T12:00:00Z")
                == ["2026-04-05T00:00:00.000Z", "2026-04-05T01:00:00.000Z"])
    }

    @Test("What clocks show twice counts the first time")
    func overlap() throws {
        #expect(
            try opening(
                rule([0], 2, 0, for: 30), "Europe/Berlin", at: "2026-10-24T12:00:00Z")
                == ["2026-10-25T00:00:00.000Z", "2026-10-25T00:30:00.000Z"])
    }

    @Test(
        "Zones of all kinds are right, also in years that no table holds",
        arguments: [
            ("America/New_York", "2060-03-14T00:00:00Z", "2060-03-14T06:59:00.000Z"),
            ("Europe/Berlin", "2060-03-28T00:00:00Z", "2060-03-28T00:59:00.000Z"),
            ("Europe/Dublin", "2061-01-02T00:00:00Z", "2061-01-02T01:59:00.000Z"),
            ("Australia/Lord_Howe", "2026-01-04T00:00:00Z", "2026-01-10T14:59:00.000Z"),
            ("Asia/Kolkata", "2026-01-04T00:00:00Z", "2026-01-10T20:29:00.000Z"),
            ("UTC", "2026-01-04T00:00:00Z", "2026-01-04T01:59:00.000Z"),
        ])
    func zones(name: String, from: String, opens: String) throws {
        #expect(try opening(rule([0], 1, 59, for: 1), name, at: from).first == opens)
    }

    @Test("A freeze closes, a campaign opens, and the freeze wins")
    func exceptions() throws {
        let holidays = MaintenanceWindow.Exception(
            from: try time("2026-12-24T00:00:00Z"), to: try time("2026-12-27T00:00:00Z"),
            isOpen: false)
        let campaign = MaintenanceWindow.Exception(
            from: try time("2026-12-26T22:00:00Z"), to: try time("2026-12-27T02:00:00Z"),
            isOpen: true)
        let weekly = rule([5, 6], 20, 0, for: 120, [holidays, campaign])
        let utc = try zone("UTC")
        #expect(weekly.isOpen(at: try time("2026-12-18T21:59:59Z"), in: utc))
        #expect(!weekly.isOpen(at: try time("2026-12-18T22:00:00Z"), in: utc))
        #expect(!weekly.isOpen(at: try time("2026-12-25T21:00:00Z"), in: utc))
        #expect(
            try opening(weekly, "UTC", at: "2026-12-20T00:00:00Z")
                == ["2026-12-27T00:00:00.000Z", "2026-12-27T02:00:00.000Z"])
        let never = rule(
            [1], 3, 0, for: 60,
            [
                .init(
                    from: try time("2026-01-01T00:00:00Z"),
                    to: try time("2030-01-01T00:00:00Z"), isOpen: false)
            ])
        #expect(try opening(never, "UTC", at: "2026-06-01T00:00:00Z") == [])
    }

    @Test("Days that touch are one opening, the whole week too")
    func joined() throws {
        let always = rule(Array(0...6), 0, 0, for: 1440)
        let found = try opening(always, "Europe/Berlin", at: "2026-03-28T12:00:00Z")
        #expect(found.count == 2)
        #expect(try time(found[0]) < time("2026-03-28T12:00:00Z"))
        #expect(try time(found[1]) > time("2026-04-05T12:00:00Z"))
    }

    @Test("A rule comes back as it was written, and a wrong one says what is wrong")
    func json() throws {
        let rule = MaintenanceWindow.Rule(
            zone: try TimeZoneName(validating: "Europe/Berlin"),
            weekly: [.init(days: [0, 5], startMinute: 1_325, minutes: 90)],
            exceptions: [
                .init(
                    from: try time("2026-12-24T00:00:00Z"), to: try time("2026-12-27T00:00:00Z"),
                    isOpen: false)
            ])
        let object = try #require(JSONReader.read(rule.json).object)
        #expect(try MaintenanceWindow.Rule(json: object) == rule)
        for text in [
            #"{"weekly":[{"days":["tuesday"],"start":"22:00","minutes":5}]}"#,
            #"{"weekly":[{"days":["tue"],"start":"24:00","minutes":5}]}"#,
            #"{"weekly":[{"days":["tue"],"start":"2:00","minutes":5}]}"#,
            #"{"weekly":[{"days":["tue"],"start":"02:00","minutes":99999}]}"#,
            #"{"timeZone":"../etc/passwd"}"#, #"{"exceptions":[{"from":"now"}]}"#,
        ] {
            let object = try #require(JSONReader.read(Array(text.utf8)).object)
            #expect(throws: JSONFieldError.self) { try MaintenanceWindow.Rule(json: object) }
        }
        #expect(throws: ValidationFault.self) {
            try MaintenanceWindow.Rule(zone: .utc, weekly: []).validated()
        }
    }

    @Test("Damaged zone files are refused or read, and never more")
    func damaged() throws {
        let whole = try Files.read("/usr/share/zoneinfo/Europe/Berlin")
        var dice = Dice(seed: 7)
        for count in 0..<min(whole.count, 400) {
            #expect(ZoneRules(tzif: Array(whole.prefix(count))) == nil)
        }
        let rule = rule([0], 2, 0, for: 60)
        let moment = try time("2026-03-28T12:00:00Z")
        for _ in 0..<2_000 {
            var file = whole
            for _ in 0...dice.below(6) {
                file[dice.below(file.count)] = UInt8(truncatingIfNeeded: dice.next())
            }
            guard let zone = ZoneRules(tzif: file) else { continue }
            let found = rule.opening(at: moment, in: zone)
            #expect(found.map { $0.from < $0.to } ?? true)
        }
    }
}
