/// What stands behind the admin socket: the API as the site itself, and little more.
enum AdminDoor {
    /// Not part of the API: who may open the socket may have a code.
    static let setupCodePath = "/admin/setup-code"
}
