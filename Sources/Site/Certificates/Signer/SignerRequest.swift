import Basics
package import Crypto

/// One of the three things that a signer does, as it travels.
///
///     frame    = 'L', verb (1 byte), length (4, big-endian), payload
///     device   = days (4), id (1 + n), request (rest, PKCS #10 in DER)
///     server   = days (4), count (2) × name (1 + n), count (2) × address (1 + n), request (rest)
///     list     = number (8), count (4) × [serial (1 + n), milliseconds (8), reason (1)]
package enum SignerRequest: Sendable, Equatable {
    case device(request: [UInt8], id: String, days: Int)
    case server(request: [UInt8], names: [String], addresses: [String], days: Int)
    case revocations([Revocation], number: UInt64)

    package enum Verb: UInt8, Sendable, CaseIterable {
        case device = 1
        case server = 2
        case revocations = 3

        /// Bytes of a payload. A list of 100,000 entries takes 3 MB.
        var limit: Int {
            switch self {
            case .device: 5_000
            case .server: 65_536
            case .revocations: 4 << 20
            }
        }

        package var word: String {
            switch self {
            case .device: "device"
            case .server: "server"
            case .revocations: "revocations"
            }
        }
    }

    static let mark = UInt8(ascii: "L")
    static let headLength = 6
    /// 10 years: a device that lies on a shelf.
    static let days = 1...3_650

    package var verb: Verb {
        switch self {
        case .device: .device
        case .server: .server
        case .revocations: .revocations
        }
    }

    package var frame: [UInt8] {
        var payload = ByteBuilder()
        switch self {
        case .device(let request, let id, let days):
            payload.number(days, bytes: 4)
            payload.short(Array(id.utf8))
            payload.bytes += request
        case .server(let request, let names, let addresses, let days):
            payload.number(days, bytes: 4)
            for list in [names, addresses] {
                payload.number(list.count, bytes: 2)
                for text in list { payload.short(Array(text.utf8)) }
            }
            payload.bytes += request
        case .revocations(let entries, let number):
            payload.number(Int(bitPattern: UInt(number)), bytes: 8)
            payload.number(entries.count, bytes: 4)
            for entry in entries {
                payload.short(Hex.decode(entry.serial) ?? [])
                payload.number(Int(entry.at.milliseconds), bytes: 8)
                payload.number(Int(entry.reason.rawValue), bytes: 1)
            }
        }
        var frame = ByteBuilder()
        frame.bytes = [Self.mark, verb.rawValue]
        frame.number(payload.bytes.count, bytes: 4)
        return frame.bytes + payload.bytes
    }

    /// What the first `headLength` bytes announce; `nil` where they are none of ours or announce
    /// more than the verb may have.
    package static func head(_ bytes: some Collection<UInt8>) -> (verb: Verb, length: Int)? {
        var reader = ByteTaker(bytes)
        guard reader.number(1) == UInt64(mark), let number = reader.number(1),
            let verb = Verb(rawValue: UInt8(truncatingIfNeeded: number)),
            let length = reader.number(4), length <= UInt64(verb.limit)
        else { return nil }
        return (verb, Int(length))
    }

    /// `nil` for anything that `frame` would not have written.
    package init?(_ verb: Verb, payload: some Collection<UInt8>) {
        var reader = ByteTaker(payload)
        switch verb {
        case .device:
            guard let days = reader.number(4), let id = reader.text() else { return nil }
            self = .device(request: reader.rest, id: id, days: Int(days))
        case .server:
            guard let days = reader.number(4), let names = reader.texts(),
                let addresses = reader.texts()
            else { return nil }
            self = .server(
                request: reader.rest, names: names, addresses: addresses, days: Int(days))
        case .revocations:
            guard let number = reader.number(8), let count = reader.number(4) else { return nil }
            var entries: [Revocation] = []
            for _ in 0..<count {
                guard let serial = reader.short(), (1...20).contains(serial.count),
                    let at = reader.number(8), let code = reader.number(1),
                    let reason = Revocation.Reason(rawValue: UInt8(truncatingIfNeeded: code))
                else { return nil }
                entries.append(
                    Revocation(
                        serial: Hex.encode(serial),
                        at: Timestamp(milliseconds: Int64(bitPattern: at)), reason: reason))
            }
            guard reader.rest.isEmpty else { return nil }
            self = .revocations(entries, number: number)
        }
    }
}

/// What a signer answers, as it travels: status (1), length (4, big-endian), payload.
package enum SignerReply: Sendable, Equatable {
    /// A certificate in DER, or a list in PEM.
    case signed([UInt8])
    /// One sentence that says why not.
    case refused(String)
    /// Too much at once; the same may be asked again after so many seconds.
    case throttled(seconds: Int)

    static let headLength = 5
    /// A list of 100,000 in PEM takes 5 MB.
    static let limit = 16 << 20

    package var frame: [UInt8] {
        let (status, payload): (UInt8, [UInt8]) =
            switch self {
            case .signed(let bytes): (0, bytes)
            case .refused(let sentence): (1, Array(sentence.utf8))
            case .throttled(let seconds): (2, Array(String(seconds).utf8))
            }
        var frame = ByteBuilder()
        frame.bytes = [status]
        frame.number(payload.count, bytes: 4)
        return frame.bytes + payload
    }

    /// A whole answer; `nil` for anything else.
    package init?(_ frame: [UInt8]) {
        var reader = ByteTaker(frame)
        guard let status = reader.number(1), let length = reader.number(4),
            Int(length) == reader.rest.count
        else { return nil }
        switch status {
        case 0: self = .signed(reader.rest)
        case 1: self = .refused(String(decoding: reader.rest, as: UTF8.self))
        case 2:
            guard let seconds = Int(String(decoding: reader.rest, as: UTF8.self)) else {
                return nil
            }
            self = .throttled(seconds: seconds)
        default: return nil
        }
    }
}

private struct ByteBuilder {
    var bytes: [UInt8] = []

    mutating func number(_ number: Int, bytes count: Int) {
        for shift in stride(from: 8 * (count - 1), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Cut after 255 bytes: what is longer is refused on the other side anyway.
    mutating func short(_ text: [UInt8]) {
        bytes.append(UInt8(min(text.count, 255)))
        bytes += text.prefix(255)
    }
}

private struct ByteTaker {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes) }

    var rest: [UInt8] { Array(bytes[position...]) }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    mutating func number(_ count: Int) -> UInt64? {
        take(count).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    mutating func short() -> ArraySlice<UInt8>? {
        number(1).flatMap { take(Int($0)) }
    }

    mutating func text() -> String? {
        short().flatMap { String(validating: $0, as: UTF8.self) }
    }

    mutating func texts() -> [String]? {
        guard let count = number(2) else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let text = text() else { return nil }
            texts.append(text)
        }
        return texts
    }
}
