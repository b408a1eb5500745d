import Basics
package import Domain
package import SQLite

/// The domain's words as columns.
extension Name: Bindable {
    package var bound: SQLValue { .text(text) }
}
extension Note: Bindable {
    package var bound: SQLValue { .text(text) }
}
extension Slug: Bindable {
    package var bound: SQLValue { .text(text) }
}
extension Username: Bindable {
    package var bound: SQLValue { .text(text) }
}
extension TimeZoneName: Bindable {
    package var bound: SQLValue { .text(text) }
}
extension ContentAddress: Bindable {
    package var bound: SQLValue { .text(hex) }
}

/// The three columns of a scope; all NULL is the site.
struct ScopeColumns {
    let organization: String?
    let team: String?
    let application: String?

    init(_ scope: Scope) {
        organization = if case .organization(let id) = scope { id.text } else { nil }
        team = if case .team(let id) = scope { id.text } else { nil }
        application = if case .application(let id) = scope { id.text } else { nil }
    }
}
