/// What this program calls itself.
package enum Product {
    package static let name = "Lineside"
    /// Semantic; the debian changelog's newest entry says the same.
    package static let version = "0.1.0"
}
