/// The rules for a new password. Length is what counts (NIST SP 800-63B §5.1.1.2): 10 to 1024
/// bytes, any letters, not the user's own name.
package enum Password {
    package static func check(_ password: String, username: Username) throws(ValidationFault) {
        guard password.unicodeScalars.count >= 10 else {
            throw ValidationFault("must be at least 10 characters")
        }
        guard password.utf8.count <= 1024 else {
            throw ValidationFault("must be at most 1024 bytes")
        }
        guard password.lowercased() != username.text, Set(password).count >= 4 else {
            throw ValidationFault("is too easy to guess")
        }
    }
}
