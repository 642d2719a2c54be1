const link = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: [${imports}])\n`

export const subgraphTypeDefs: Readonly<Record<string, string>> = {
  catalog: `${link('"@key", "@shareable", "@inaccessible"')}
    type Query {
      product(id: ID!): Product
      products(first: Int = 2): [Product!]!
      node(id: ID!): Node
      items: [Item]
      named: [Named]
      search(text: String): [SearchResult]
      best: Product!
      grid: [[Product]]
      shared: Shared @shareable
    }
    interface Node { id: ID! }
    interface Named { label: String }
    interface Item @key(fields: "id") { id: ID!  name: String  price(currency: Currency = EUR): Int  dims: Dims }
    type Book implements Item & Node & Named @key(fields: "id") {
      id: ID!  name: String  label: String!  price(currency: Currency = EUR): Int  dims: Dims  pages: Int!  author: Author  sequel: Book
    }
    type Toy implements Item & Node & Named @key(fields: "id") {
      id: ID!  name: String  price(currency: Currency = EUR): Int  dims: Dims  label: String  minAge: Int  parts: [Toy!]
    }
    type Product implements Node @key(fields: "id") @key(fields: "sku") {
      id: ID!  sku: ID!  title: String!  subtitle: String  status: Status  price(currency: Currency = EUR): Int
      weight: Int  item: Item  items: [Item!]!  matrix: [[Int]]  dims: Dims  tags: [String!]!
      related(first: Int): [Product]  twin: Product  onSale: Boolean!
    }
    type Dims @shareable { w: Int!  h: Int  unit: Unit }
    type Unit @shareable { name: String! }
    type Shared @shareable { id: ID!  left: String }
    enum Status { ACTIVE RETIRED SECRET @inaccessible }
    enum Currency { EUR USD }
    union SearchResult = Book | Toy | Product | Author
    type Author @key(fields: "id") { id: ID!  name: String! @shareable  books: [Book] }
  `,
  inventory: `${link('"@key", "@shareable", "@external", "@requires"')}
    type Query { warehouses: [Warehouse!]  shared: Shared @shareable }
    type Shared @shareable { id: ID!  right: String }
    type Product @key(fields: "id") {
      id: ID!
      weight: Int @external
      price(currency: Currency = EUR): Int @external
      dims: Dims @external
      stock: Int
      inStock: Boolean!
      shipping: Int @requires(fields: "weight")
      shippingUsd: Int @requires(fields: "price(currency: USD)")
      shippingEur: Int @requires(fields: "price(currency: EUR)")
      volume: Int @requires(fields: "dims { w h }")
      warehouse: Warehouse
      spread: [Warehouse!]!
    }
    type Dims @shareable { w: Int!  h: Int }
    enum Currency { EUR USD }
    type Warehouse @key(fields: "id") { id: ID!  city: String  products: [Product!]!  lead: Author }
    type Author @key(fields: "id", resolvable: false) { id: ID! }
  `,
  reviews: `${link('"@key", "@shareable", "@external", "@provides", "@interfaceObject"')}
    type Query { topReviews(first: Int = 3): [Review]  latest: Review }
    type Review @key(fields: "id") {
      id: ID!  body: String!  stars: Int  author: Author @provides(fields: "name")  product: Product  item: Item
    }
    type Product @key(fields: "sku") { sku: ID!  reviews(first: Int = 2): [Review!]!  topReview: Review }
    type Item @key(fields: "id") @interfaceObject { id: ID!  rating: Int  reviews: [Review!]  rank: Int! }
    type Author @key(fields: "id") { id: ID!  name: String! @external  reviews(first: Int): [Review]  bio: String }
  `,
  accounts: `${link('"@key", "@override"')}
    type Query { me: Author  authors: [Author!]! }
    type Author @key(fields: "id") { id: ID!  email: String  age: Int  bio: String @override(from: "reviews")  friends: [Author] }
  `,
}
