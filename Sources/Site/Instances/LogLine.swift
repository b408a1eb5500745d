package import Basics
package import Domain

/// One line of what an instance prints: a record, an event of ours, or any text. All of it is
/// written by strangers.
package enum LogLine: Sendable, Equatable {
    case record(LogRecord)
    case event(InstanceEvent)

    /// 8 KB of text and some frame around it; longer lines are cut by the reader.
    package static let maximumBytes = 65_536
    private static let maximumText = 8192

    /// - Parameter nonce: of the running process; events that don't name it are only text.
    package init?(_ bytes: ArraySlice<UInt8>, nonce: String, at now: Timestamp) {
        if bytes.first == UInt8(ascii: "{"),
            let object = try? JSONReader.read(Array(bytes), limit: Self.maximumBytes).object
        {
            if object["nonce"]?.string == nonce, let event = InstanceEvent(object, now) {
                self = .event(event)
                return
            }
            if let record = Self.record(object, now) {
                self = .record(record)
                return
            }
        }
        guard let text = Self.text(String(decoding: bytes, as: UTF8.self)) else { return nil }
        self = .record(LogRecord(at: now, level: Self.level(ofText: text), text: text))
    }

    private static func record(_ object: JSONObject, _ now: Timestamp) -> LogRecord? {
        guard let word = object["level"]?.string, let msg = object["msg"]?.string,
            let text = text(msg)
        else { return nil }
        let isAudit = word == "audit"
        guard let level = isAudit ? .info : LogRecord.Level(rawValue: word) else { return nil }
        var source: LogRecord.Source?
        if let type = object["type"]?.string, let id = object["id"]?.string {
            source = LogRecord.Source(
                type: short(type), id: short(id), name: short(object["name"]?.string ?? ""))
        } else if isAudit {
            source = LogRecord.Source(type: "audit", id: "", name: "")
        }
        return LogRecord(
            at: moment(object["t"]?.int, now), level: level, source: source, text: text)
    }

    /// What a process says of itself: not later than now.
    static func moment(_ milliseconds: Int64?, _ now: Timestamp) -> Timestamp {
        guard let milliseconds, milliseconds >= 0, milliseconds <= now.milliseconds else {
            return now
        }
        return Timestamp(milliseconds: milliseconds)
    }

    private static func short(_ text: String) -> String {
        String(cleaned(text.prefix(200)))
    }

    private static func text(_ text: String) -> String? {
        let bytes = text.utf8
        let cut =
            bytes.count <= maximumText
            ? text : String(decoding: bytes.prefix(maximumText), as: UTF8.self) + "…"
        let clean = cleaned(cut[...])
        return clean.allSatisfy(\.isWhitespace) ? nil : clean
    }

    /// Colours and other terminal orders would act on who reads the log on a console.
    private static func cleaned(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return String(text) }
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != "\r" {
            let isControl = scalar.value < 0x20 || scalar.value == 0x7F
            clean.append(isControl && scalar != "\n" && scalar != "\t" ? "\u{FFFD}" : scalar)
        }
        return String(clean)
    }

    private static func level(ofText text: String) -> LogRecord.Level {
        if text.contains("FATAL ERROR") { return .fatal }
        return text.hasPrefix("[red] Uncaught Exception") ? .error : .info
    }
}
