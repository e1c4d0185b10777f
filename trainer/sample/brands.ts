/** Invented makers: what they charge beside others for the same kind of goods, which looks they make, and where they are at home. */
export interface Brand {
  name: string
  /** Times the usual price of the leaf. */
  pricePosition: number
  styles: string[]
  /** Ids of departments; none named means all. */
  departments: string[]
}

const brand = (name: string, pricePosition: number, styles: string, departments = ''): Brand => ({
  name,
  pricePosition,
  styles: styles.split(' '),
  departments: departments === '' ? [] : departments.split(' '),
})

export const BRANDS: Brand[] = [
  brand('Hollin & Wade', 1.25, 'rustic nordic', 'kitchen home'),
  brand('Norrvik', 1.1, 'nordic modern'),
  brand('Tamsin Lark', 1.35, 'botanical vintage', 'kitchen home stationery bags'),
  brand('Petit Rivage', 1.2, 'coastal vintage', 'kitchen home bags'),
  brand('Moth & Marrow', 1.45, 'modern rustic', 'home light'),
  brand('Pebbleby', 0.85, 'playful coastal', 'kids stationery bags festive'),
  brand('Quill & Clover', 1, 'botanical playful', 'stationery festive'),
  brand('Sandgate Pottery', 1.15, 'coastal rustic', 'kitchen garden home'),
  brand('Yuzu House', 1.3, 'eastern modern', 'kitchen home food light'),
  brand('Thimble Row', 0.95, 'vintage playful', 'home kids bags festive'),
  brand('Fernleigh', 1, 'botanical rustic', 'garden home light'),
  brand('Common Drawer', 0.7, 'modern nordic'),
  brand('Bright Penny', 0.65, 'playful vintage'),
  brand('Oslo & Sons', 1.5, 'nordic modern', 'home light'),
  brand('Larkspur Lane', 1.05, 'botanical vintage'),
  brand('Kite & Anchor', 0.9, 'coastal playful', 'kids bags home kitchen'),
  brand('Wren Street', 0.9, 'vintage rustic'),
  brand('Blue Heron Works', 1.4, 'eastern coastal', 'kitchen home bags'),
  brand('Little Burrow', 1.1, 'playful botanical', 'kids'),
  brand('Acorn & Pip', 0.95, 'playful nordic', 'kids'),
  brand('Ember Mill', 1.2, 'rustic modern', 'light home festive'),
  brand('Hearthside', 0.8, 'rustic vintage'),
  brand('Silk Lantern', 1.15, 'eastern vintage', 'light home bags kitchen'),
  brand('Marlow Green', 1.1, 'botanical modern', 'garden bags light'),
  brand('Daybook Press', 1.15, 'modern nordic', 'stationery'),
  brand('Fold & Ribbon', 0.85, 'vintage botanical', 'stationery festive'),
  brand('Winterbourne', 1.25, 'nordic vintage', 'festive bags home'),
  brand('Old Quay Roasters', 1.2, 'modern rustic', 'food'),
  brand('Meadow Pantry', 1, 'botanical rustic', 'food'),
  brand('Cloud Ridge', 1.3, 'eastern modern', 'food'),
  brand('Sorrel & Salt', 1.1, 'coastal botanical', 'food light bags'),
  brand('Tuppence', 0.55, 'playful modern'),
]
