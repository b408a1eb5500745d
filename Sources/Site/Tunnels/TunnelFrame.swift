import Basics

/// One message of the tunnel between a device and the appliance: which stream, what, and its
/// payload. Pure.
package struct TunnelFrame: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// Asks for a connection; what the payload names, as `{"to":"node-red"}`.
        case open(to: String)
        case data([UInt8])
        /// So many bytes more may come.
        case window(Int)
        /// Nothing more comes this way.
        case end
        /// The stream is gone, both ways.
        case reset(String)
        case opened
    }

    /// What may be under way in one direction of a stream before its receiver has granted more.
    package static let initialWindow = 262_144
    package static let maxStreams = 64
    /// With its head.
    package static let maxFrame = 65_536
    static let headCount = 5
    /// Of one data frame, so that many streams get their turns.
    static let portion = 32_768
    /// Where a stream leads that serves a browser.
    package static let nodeRED = "node-red"

    package let stream: UInt32
    package let content: Content

    package init(_ stream: UInt32, _ content: Content) {
        self.stream = stream
        self.content = content
    }

    /// `nil` for what is none.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headCount, bytes.count <= Self.maxFrame else { return nil }
        stream = bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) }
        let payload = bytes[Self.headCount...]
        switch bytes[4] {
        case 0:
            guard payload.count <= 1_024,
                let to = (try? JSONReader.read(Array(payload)))?["to"]?.string
            else { return nil }
            content = .open(to: to)
        case 1:
            guard !payload.isEmpty else { return nil }
            content = .data(Array(payload))
        case 2:
            guard payload.count == 4 else { return nil }
            let count = payload.reduce(0) { $0 << 8 | Int($1) }
            guard count > 0 else { return nil }
            content = .window(count)
        case 3:
            guard payload.isEmpty else { return nil }
            content = .end
        case 4:
            guard payload.count <= 1_024,
                let reason = String(validating: payload, as: UTF8.self)
            else { return nil }
            content = .reset(reason)
        case 5:
            guard payload.isEmpty else { return nil }
            content = .opened
        default: return nil
        }
    }

    package var bytes: [UInt8] {
        let (type, payload): (UInt8, [UInt8]) =
            switch content {
            case .open(let to): (0, JSONValue.object(JSONObject([("to", .string(to))])).json)
            case .data(let bytes): (1, bytes)
            case .window(let count): (2, Self.number(UInt32(clamping: count)))
            case .end: (3, [])
            case .reset(let reason): (4, Array(reason.utf8.prefix(1_024)))
            case .opened: (5, [])
            }
        return Self.number(stream) + [type] + payload
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
