/// Why a text or number from outside is no valid value of its type.
package struct ValidationFault: Error, Sendable, Equatable {
    /// Follows the name of the field in a sentence: "must be 1 to 80 characters".
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}
