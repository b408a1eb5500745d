package import Basics

/// As it is kept and as it is sent: `{"timeZone", "weekly": [{"days": ["mon"], "start": "22:00",
/// "minutes": 480}], "exceptions": [{"from", "to", "open"}]}`.
extension MaintenanceWindow.Rule: JSONWritable {
    package static let dayWords = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    package func write(to json: inout JSONWriter) { json.object { json in fields(of: &json) } }

    package func fields(of json: inout JSONWriter) {
        json.field("timeZone", zone.text)
        json.array("weekly") { json in
            for time in weekly {
                json.object { json in
                    json.field("days", time.days.sorted().map { Self.dayWords[$0] })
                    json.field("start", Self.clock(time.startMinute))
                    json.field("minutes", time.minutes)
                }
            }
        }
        json.array("exceptions") { json in
            for exception in exceptions {
                json.object { json in
                    json.field("from", exception.from)
                    json.field("to", exception.to)
                    json.field("open", exception.isOpen)
                }
            }
        }
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        let name = try json.optionalString("timeZone") ?? TimeZoneName.utc.text
        let zone: TimeZoneName
        do throws(ValidationFault) { zone = try TimeZoneName(validating: name) } catch {
            throw JSONFieldError(field: "timeZone", reason: error.reason)
        }
        var weekly: [MaintenanceWindow.Weekly] = []
        for value in try json.optionalArray("weekly") ?? [] {
            guard let time = Self.weekly(value) else {
                throw JSONFieldError(
                    field: "weekly", reason: "must be lists of days, a start like 22:00 and minutes"
                )
            }
            weekly.append(time)
        }
        var exceptions: [MaintenanceWindow.Exception] = []
        for value in try json.optionalArray("exceptions") ?? [] {
            guard let from = value["from"]?.string.flatMap(Timestamp.init(rfc3339:)),
                let to = value["to"]?.string.flatMap(Timestamp.init(rfc3339:)),
                let open = value["open"]?.bool
            else {
                throw JSONFieldError(
                    field: "exceptions", reason: "must be two times and whether it is open")
            }
            exceptions.append(.init(from: from, to: to, isOpen: open))
        }
        self.init(zone: zone, weekly: weekly, exceptions: exceptions)
    }

    private static func weekly(_ value: JSONValue) -> MaintenanceWindow.Weekly? {
        guard let words = value["days"]?.array?.map(\.string), let start = value["start"]?.string,
            let minutes = value["minutes"]?.int, let minute = minute(start),
            (1...Int64(mostMinutes)).contains(minutes)
        else { return nil }
        var days: Set<Int> = []
        for word in words {
            guard let word, let day = dayWords.firstIndex(of: word) else { return nil }
            days.insert(day)
        }
        return .init(days: days, startMinute: minute, minutes: Int(minutes))
    }

    private static func clock(_ minute: Int) -> String {
        let (hours, rest) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func minute(_ clock: String) -> Int? {
        let parts = clock.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }),
            let hour = Int(String(decoding: parts[0], as: UTF8.self)),
            let minute = Int(String(decoding: parts[1], as: UTF8.self)),
            (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }
}
