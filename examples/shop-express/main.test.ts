// Does the shop do what its README promises?
import { testShop } from '../shop-test.ts'

testShop('shop-express')
