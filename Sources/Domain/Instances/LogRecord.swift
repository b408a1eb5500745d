package import Basics

/// A line of an instance's log.
package struct LogRecord: Sendable, Equatable {
    package enum Level: String, Sendable, CaseIterable, Comparable {
        case fatal, error, warn, info, debug, trace

        /// 1 fatal … 6 trace, as stored: smaller is worse.
        package var number: Int {
            switch self {
            case .fatal: 1
            case .error: 2
            case .warn: 3
            case .info: 4
            case .debug: 5
            case .trace: 6
            }
        }

        package init?(number: Int) {
            guard let level = Self.allCases.first(where: { $0.number == number }) else {
                return nil
            }
            self = level
        }

        /// Less is less urgent.
        package static func < (left: Level, right: Level) -> Bool { left.number > right.number }
    }

    /// The node that wrote it.
    package struct Source: Sendable, Equatable {
        package var type: String
        package var id: String
        package var name: String
        package init(type: String, id: String, name: String) {
            self.type = type
            self.id = id
            self.name = name
        }
    }

    /// Rises within an instance; given by the store.
    package var sequence: Int64
    package var at: Timestamp
    package var level: Level
    package var source: Source?
    package var text: String

    package init(
        sequence: Int64 = 0, at: Timestamp, level: Level, source: Source? = nil, text: String
    ) {
        self.sequence = sequence
        self.at = at
        self.level = level
        self.source = source
        self.text = text
    }
}
