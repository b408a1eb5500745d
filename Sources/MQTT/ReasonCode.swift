/// MQTT 5 §2.4. The few answers that MQTT 3.1.1 knows are given as their counterparts.
package struct ReasonCode: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let success = Self(rawValue: 0x00)
    package static let disconnectWithWill = Self(rawValue: 0x04)
    package static let unspecified = Self(rawValue: 0x80)
    package static let malformedPacket = Self(rawValue: 0x81)
    package static let protocolError = Self(rawValue: 0x82)
    package static let unsupportedVersion = Self(rawValue: 0x84)
    package static let clientIdentifier = Self(rawValue: 0x85)
    package static let badUserOrPassword = Self(rawValue: 0x86)
    package static let notAuthorized = Self(rawValue: 0x87)
    package static let serverUnavailable = Self(rawValue: 0x88)
    package static let serverBusy = Self(rawValue: 0x89)
    package static let shuttingDown = Self(rawValue: 0x8B)
    package static let sessionTakenOver = Self(rawValue: 0x8E)
    package static let receiveMaximumExceeded = Self(rawValue: 0x93)
    package static let packetTooLarge = Self(rawValue: 0x95)
    package static let quotaExceeded = Self(rawValue: 0x97)
    package static let administrativeAction = Self(rawValue: 0x98)

    package var isFailure: Bool { rawValue >= 0x80 }

    /// MQTT 3.1.1 §3.2.2.3, in the order of its codes 0…5.
    private static let connectCodes: [ReasonCode] = [
        .success, .unsupportedVersion, .clientIdentifier, .serverUnavailable, .badUserOrPassword,
        .notAuthorized,
    ]

    init?(connectCode: UInt8) {
        guard connectCode < Self.connectCodes.count else { return nil }
        self = Self.connectCodes[Int(connectCode)]
    }

    /// What MQTT 3.1.1 says instead in a CONNACK.
    var connectCode: UInt8 {
        UInt8(Self.connectCodes.firstIndex(of: self) ?? (isFailure ? 5 : 0))
    }
}

extension ReasonCode: CustomStringConvertible {
    package var description: String {
        switch self {
        case .success: "success"
        case .malformedPacket: "malformed packet"
        case .protocolError: "protocol error"
        case .unsupportedVersion: "protocol version not supported"
        case .clientIdentifier: "client identifier not valid"
        case .badUserOrPassword: "bad user name or password"
        case .notAuthorized: "not authorized"
        case .serverUnavailable: "server unavailable"
        case .serverBusy: "server busy"
        case .shuttingDown: "server shutting down"
        case .sessionTakenOver: "session taken over"
        case .receiveMaximumExceeded: "receive maximum exceeded"
        case .packetTooLarge: "packet too large"
        case .quotaExceeded: "quota exceeded"
        case .administrativeAction: "ended by the administrator"
        default: "reason 0x" + String(rawValue, radix: 16)
        }
    }
}
