/// A thing named in an audit event or an alarm; it may be gone by the time somebody reads.
package struct ObjectReference: Sendable, Hashable {
    /// A word of the API: `instance`, `team`, `user` …
    package var type: String
    package var id: String
    package var name: String

    package init(type: String, id: String, name: String) {
        self.type = type
        self.id = id
        self.name = name
    }
}
