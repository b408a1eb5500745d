/// What somebody may do; each route names one.
package enum Permission: String, Sendable, CaseIterable {
    case siteRead = "site.read"
}
