import Glibc
import Synchronization

/// The appliance's own log: one line a record on standard error, with the journal's priority in
/// front where the journal listens (`JOURNAL_STREAM`), else with time and level.
package struct Log: Sendable {
    package enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug = 7
        case info = 6
        case notice = 5
        case warning = 4
        case error = 3
        package static func < (left: Level, right: Level) -> Bool { left.rawValue > right.rawValue }
        var word: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .notice: "notice"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    private static let threshold = Mutex(Level.info)
    private static let journal = getenv("JOURNAL_STREAM") != nil

    /// Where a line goes in a test; standard error otherwise.
    private let sink: (@Sendable (Level, String) -> Void)?
    private let part: String

    /// - Parameter part: the word in front of each line: `net`, `supervisor` …
    package init(_ part: String, sink: (@Sendable (Level, String) -> Void)? = nil) {
        self.part = part
        self.sink = sink
    }

    package static func setThreshold(_ level: Level) { threshold.withLock { $0 = level } }

    package func debug(_ message: @autoclosure () -> String) { write(.debug, message) }
    package func info(_ message: @autoclosure () -> String) { write(.info, message) }
    package func notice(_ message: @autoclosure () -> String) { write(.notice, message) }
    package func warning(_ message: @autoclosure () -> String) { write(.warning, message) }
    package func error(_ message: @autoclosure () -> String) { write(.error, message) }

    private func write(_ level: Level, _ message: () -> String) {
        guard level >= Self.threshold.withLock({ $0 }) || sink != nil else { return }
        // A line break in a message could forge a record.
        let text = "\(part): \(message())".replacingControlCharacters()
        if let sink { return sink(level, text) }
        let line =
            Self.journal
            ? "<\(level.rawValue)>\(text)\n"
            : "\(Timestamp.now().rfc3339) \(level.word) \(text)\n"
        let bytes = Array(line.utf8)
        // Where standard error is gone there is nobody left to tell.
        _ = Glibc.write(2, bytes, bytes.count)
    }
}

extension String {
    fileprivate func replacingControlCharacters() -> String {
        guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return self }
        return String(decoding: utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }
}
