/// A word by which devices are found and gathered: `line=3`, `press`.
package struct DeviceTag: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Of one device.
    package static let maximumCount = 20
    package let text: String

    package init(validating text: String) throws(ValidationFault) {
        guard (1...40).contains(text.utf8.count) else {
            throw ValidationFault("must be 1 to 40 characters")
        }
        let valid = text.utf8.allSatisfy { $0.isAlphanumeric || "-_.=/".utf8.contains($0) }
        guard valid else {
            throw ValidationFault("may hold letters, digits and - _ . = / only")
        }
        self.text = text
    }

    package init(stored text: String) { self.text = text }

    package var description: String { text }
    package static func < (left: DeviceTag, right: DeviceTag) -> Bool { left.text < right.text }
}
