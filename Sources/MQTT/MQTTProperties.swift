/// What MQTT 5 adds to a packet. Kept in the order of the wire; always empty in MQTT 3.1.1.
package struct MQTTProperties: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case byte(UInt8)
        case short(UInt16)
        case long(UInt32)
        /// 1…268,435,455 as a variable byte integer.
        case varying(UInt32)
        case text(String)
        case binary([UInt8])
        case pair(String, String)
    }

    package struct Entry: Sendable, Equatable {
        package let kind: PropertyKind
        package let value: Value
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    mutating func append(_ kind: PropertyKind, _ value: Value) {
        entries.append(Entry(kind: kind, value: value))
    }

    package subscript(kind: PropertyKind) -> Value? {
        get { entries.first { $0.kind == kind }?.value }
        set {
            entries.removeAll { $0.kind == kind }
            if let newValue { append(kind, newValue) }
        }
    }

    package func number(_ kind: PropertyKind) -> UInt32? {
        switch self[kind] {
        case .byte(let value): UInt32(value)
        case .short(let value): UInt32(value)
        case .long(let value), .varying(let value): value
        default: nil
        }
    }

    package func text(_ kind: PropertyKind) -> String? {
        if case .text(let value) = self[kind] { value } else { nil }
    }

    package func binary(_ kind: PropertyKind) -> [UInt8]? {
        if case .binary(let value) = self[kind] { value } else { nil }
    }

    package var userProperties: [(name: String, value: String)] {
        entries.compactMap { entry in
            if case .pair(let name, let value) = entry.value { (name, value) } else { nil }
        }
    }

    package mutating func addUser(_ name: String, _ value: String) {
        append(.userProperty, .pair(name, value))
    }
}

/// MQTT 5 §2.2.2.2: identifier, type, and the packets that may carry it.
package enum PropertyKind: UInt8, Sendable {
    case payloadFormat = 0x01
    case messageExpiry = 0x02
    case contentType = 0x03
    case responseTopic = 0x08
    case correlationData = 0x09
    case subscriptionIdentifier = 0x0B
    case sessionExpiry = 0x11
    case assignedClientIdentifier = 0x12
    case serverKeepAlive = 0x13
    case authenticationMethod = 0x15
    case authenticationData = 0x16
    case requestProblemInformation = 0x17
    case willDelay = 0x18
    case requestResponseInformation = 0x19
    case responseInformation = 0x1A
    case serverReference = 0x1C
    case reasonString = 0x1F
    case receiveMaximum = 0x21
    case topicAliasMaximum = 0x22
    case topicAlias = 0x23
    case maximumQoS = 0x24
    case retainAvailable = 0x25
    case userProperty = 0x26
    case maximumPacketSize = 0x27
    case wildcardAvailable = 0x28
    case subscriptionIdentifiersAvailable = 0x29
    case sharedAvailable = 0x2A

    enum Shape { case flag, short, positiveShort, long, positiveLong, varying, text, binary, pair }

    var shape: Shape {
        switch self {
        case .payloadFormat, .requestProblemInformation, .requestResponseInformation, .maximumQoS,
            .retainAvailable, .wildcardAvailable, .subscriptionIdentifiersAvailable,
            .sharedAvailable:
            .flag
        case .serverKeepAlive, .topicAliasMaximum: .short
        case .receiveMaximum, .topicAlias: .positiveShort
        case .messageExpiry, .sessionExpiry, .willDelay: .long
        case .maximumPacketSize: .positiveLong
        case .subscriptionIdentifier: .varying
        case .contentType, .responseTopic, .assignedClientIdentifier, .authenticationMethod,
            .responseInformation, .serverReference, .reasonString:
            .text
        case .correlationData, .authenticationData: .binary
        case .userProperty: .pair
        }
    }

    /// Where a set of properties stands: a packet, or the will inside a CONNECT.
    enum Place {
        case connect, will, connectAck, publish, acknowledgement, subscribe, subscribeAck
        case unsubscribe, unsubscribeAck, disconnect, authenticate
    }

    func isAllowed(in place: Place) -> Bool {
        switch self {
        case .payloadFormat, .messageExpiry, .contentType, .responseTopic, .correlationData:
            place == .publish || place == .will
        case .subscriptionIdentifier: place == .publish || place == .subscribe
        case .sessionExpiry: place == .connect || place == .connectAck || place == .disconnect
        case .assignedClientIdentifier, .serverKeepAlive, .responseInformation, .maximumQoS,
            .retainAvailable, .wildcardAvailable, .subscriptionIdentifiersAvailable,
            .sharedAvailable:
            place == .connectAck
        case .authenticationMethod, .authenticationData:
            place == .connect || place == .connectAck || place == .authenticate
        case .requestProblemInformation, .requestResponseInformation: place == .connect
        case .willDelay: place == .will
        case .serverReference: place == .connectAck || place == .disconnect
        case .reasonString:
            switch place {
            case .connectAck, .acknowledgement, .subscribeAck, .unsubscribeAck, .disconnect,
                .authenticate:
                true
            default: false
            }
        case .receiveMaximum, .topicAliasMaximum, .maximumPacketSize:
            place == .connect || place == .connectAck
        case .topicAlias: place == .publish
        case .userProperty: true
        }
    }

    func mayRepeat(in place: Place) -> Bool {
        self == .userProperty || (self == .subscriptionIdentifier && place == .publish)
    }
}
