/// The two protocol levels that are spoken here.
package enum MQTTVersion: UInt8, Sendable {
    case v311 = 4
    case v5 = 5
}

package enum MQTTQoS: UInt8, Sendable, Comparable {
    case atMostOnce = 0
    case atLeastOnce = 1
    case exactlyOnce = 2

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
